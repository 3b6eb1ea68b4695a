// Proves on the device and by a prover, in real Chromium, against a real stack: npm run test:browser -w sdk
//
// The page is built as a frontend would be (Vite, the SDK's plugin) and served by the demo's server. CHROMIUM: another
// browser than /usr/bin/chromium; see test/stack/open.mjs for the rest of the environment.
// SAME_CLAIM: a file for one claim under both proofs.
import { writeFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { checks, openStack } from '../stack/open.mjs';
import { inBrowser, percentile } from './in-browser.mjs';

const { check, finish } = checks('BROWSER');
const { room, close } = await openStack();
try {
  for (const [threads, method, settle] of [
    [1, 'device', 'offchain'],
    [2, 'device', 'onchain'],
    [1, 'delegated', 'offchain'],
  ]) {
    await inBrowser(room, async (page, memory, trouble) => {
      const proofs = method === 'device' ? 6 : 1;
      const result = await page.evaluate((args) => globalThis.veilpassTest(...args), [threads, method, settle, proofs]);
      const [cold, ...warm] = result.milliseconds;
      const made = result.made.slice(1);
      console.log(
        `\n${method}, ${threads} thread(s), ${settle}: the first proof ${cold} ms, with all that is loaded for it`,
      );
      if (warm.length > 0) {
        console.log(
          `the next ${warm.join(' ')} ms (median ${percentile(warm, 50)}), with two questions to the API each`,
        );
        console.log(`of that: witness, proof and check ${made.join(' ')} ms (median ${percentile(made, 50)})`);
      }
      console.log(`memory: ${JSON.stringify(result.memory)}; renderer ${JSON.stringify(await memory())}`);
      check('the page is isolated', result.isolated);
      check('the proof has 7,232 bytes', result.bytes === 7232);
      check('the API accepts it', result.status === (settle === 'onchain' ? 'verified' : 'accepted'));
      check(
        'there is a transaction if it is settled on chain',
        (result.transaction !== null) === (settle === 'onchain'),
      );
      check('the track is heard', result.audio.status === 200 && result.audio.bytes > 44);
      check('the grant is active', result.active === true);
      check('a second use is refused', result.again === 'nullifier-used');
      check(
        `nothing is in the way of the CSP, and no error in the console ${trouble.join(' | ')}`,
        trouble.length === 0,
      );
    });
  }
  await inBrowser(room, async (page, _, trouble) => {
    const { aborted, stranger } = await page.evaluate(() => globalThis.abortTest());
    console.log('\nabort and a stranger');
    check('an abort ends the worker', aborted === 'AbortError');
    check('whoever did not enrol has no proof', stranger === 'not-a-member');
    check(`no error in the console ${trouble.join(' | ')}`, trouble.length === 0);
  });
  await inBrowser(room, async (page, _, trouble) => {
    const [device, delegated] = await page.evaluate(() => globalThis.sameClaim());
    console.log('\none claim, both ways');
    check('both say the same', isDeepStrictEqual(device.publicInputs, delegated.publicInputs));
    check('by two proofs', device.proof !== delegated.proof);
    check(`no error in the console ${trouble.join(' | ')}`, trouble.length === 0);
    // What else looks at them: a nullifier is burnt once, so that one chain takes only one of the two.
    if (process.env.SAME_CLAIM) writeFileSync(process.env.SAME_CLAIM, JSON.stringify({ device, delegated }));
  });
} finally {
  await close();
}
finish();
