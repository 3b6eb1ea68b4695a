// Proves on the device and by a prover, in real Chromium, against a real stack: npm run test:browser -w sdk
//
// The page is built as a frontend would be (Vite, the SDK's plugin) and served by the demo's server. CHROMIUM: another
// browser than /usr/bin/chromium; see test/stack/open.mjs for the rest of the environment.
// SAME_CLAIM: a file for one claim under both proofs.
import { readFileSync, writeFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { chromium } from 'playwright-core';
import { checks, openStack } from '../stack/open.mjs';

const browserPath = process.env.CHROMIUM ?? '/usr/bin/chromium';
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
        console.log(`the next ${warm.join(' ')} ms (median ${median(warm)}), with two questions to the API each`);
        console.log(`of that: witness, proof and check ${made.join(' ')} ms (median ${median(made)})`);
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

function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}

/** A browser with a profile of its own: nothing cached. Every host but this machine is unresolvable. */
async function inBrowser(room, work) {
  const browser = await chromium.launch({
    executablePath: browserPath,
    args: ['--no-sandbox', '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1'],
  });
  try {
    const page = await browser.newPage();
    const trouble = [];
    page.on('pageerror', (error) => trouble.push(String(error)));
    page.on('console', (message) => {
      // The refusal that the test asks for is a 409, which Chromium writes to the console.
      if (message.type() === 'error' && !message.text().includes('409')) trouble.push(message.text());
    });
    await page.goto(room);
    await page.waitForFunction(() => typeof globalThis.veilpassTest === 'function');
    const session = await browser.newBrowserCDPSession();
    await work(page, () => rendererMemory(session), trouble);
  } finally {
    await browser.close();
  }
}

/** Of the largest renderer, in MB: now, and at most. */
async function rendererMemory(session) {
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  const sizes = processInfo
    .filter(({ type }) => type === 'renderer')
    .map(({ id }) => {
      const status = readFileSync(`/proc/${id}/status`, 'utf8');
      const megabytes = (name) => Math.round(Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) / 1024);
      return { now: megabytes('VmRSS'), peak: megabytes('VmHWM') };
    });
  return sizes.toSorted((a, b) => b.peak - a.peak)[0];
}
