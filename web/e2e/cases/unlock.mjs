import { holders, transactionStatus } from '../lib/chain.mjs';
import { heapMegabytes, rendererPeakMegabytes } from '../lib/memory.mjs';
import { installOtherWallet, OTHER_WALLET } from '../lib/other-wallet.mjs';
import {
  arrive,
  button,
  choose,
  connect,
  loudness,
  makeIdentity,
  opened,
  openTrack,
  prove,
  sign,
  steps,
  visitDesk,
} from '../lib/walk.mjs';

/** From connecting to the sound, settled on chain. */
export const unlockCases = [
  ...['device', 'delegated'].map((method) => ({
    name: `${method}-onchain`,
    run: (room) => unlockOnChain(room, method),
  })),
  { name: 'other-wallet', run: otherWallet },
  { name: 'figures', run: figures },
];

async function unlockOnChain({ checks, config, visit, shot }, method) {
  const visitor = await visit();
  const { page } = visitor;
  const name = `${method}-onchain`;
  const track = config.tracks[method === 'device' ? 0 : 1];
  const began = performance.now();
  await arrive(visitor);
  checks.check(`${name}: the page is cross-origin isolated`, await page.evaluate(() => crossOriginIsolated));
  await shot(visitor, `${name}-1-arrive`);
  await connect(visitor);
  await shot(visitor, `${name}-2-connected`);
  await makeIdentity(visitor);
  await shot(visitor, `${name}-3-identity`);
  await openTrack(visitor, track.title);
  await visitDesk(visitor);
  await shot(visitor, `${name}-4-ready`);
  await choose(visitor, method, 'onchain');
  await prove(visitor);
  await button(page, 'Sign').waitFor();
  const text = await page.locator('.signed-text').textContent();
  checks.check(
    `${name}: the text to sign names this page`,
    text.startsWith(new URL(config.audience).host),
    text.slice(0, 80),
  );
  await shot(visitor, `${name}-5-sign`);
  await sign(visitor);
  await page.locator('.ledger-row').nth(4).waitFor();
  await shot(visitor, `${name}-6-proving`);
  await opened(visitor);
  await button(page, 'Play').click();
  const level = await loudness(visitor);
  const sound = performance.now() - began;
  await shot(visitor, `${name}-7-sound`);
  checks.check(`${name}: the analyser measures sound`, level > 0.005, level);
  await checkPlayer(checks, name, visitor);
  await checkNotes(checks, name, visitor, { config, track });
  const taken = await checkSteps(checks, name, visitor, method);
  checks.note({
    measured: name,
    navigation_to_sound_ms: Math.round(sound),
    prove_ms: proveMilliseconds(taken, method),
    steps_ms: Object.fromEntries(taken),
    rms: level,
    js_heap_mb: await heapMegabytes(page),
    renderer_peak_mb: rendererPeakMegabytes(visitor.profile),
  });
}

/** A wallet that is not the page's own, as extensions bring it. */
async function otherWallet({ checks, config, visit, shot }) {
  const visitor = await visit();
  const { page } = visitor;
  await visitor.context.addInitScript(installOtherWallet);
  await arrive(visitor);
  await button(page, 'Connect a wallet').click();
  await shot(visitor, 'other-wallet');
  await button(page, new RegExp(`^${OTHER_WALLET}`)).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await makeIdentity(visitor);
  await openTrack(visitor, config.tracks[1].title);
  await visitDesk(visitor);
  await prove(visitor);
  await opened(visitor);
  await button(page, 'Play').click();
  checks.check('other-wallet: the analyser measures sound', (await loudness(visitor, 1200)) > 0.005);
}

/** Times and memory of a first and a second proof on the device, without pictures, which take memory themselves. */
async function figures({ checks, config, visit }) {
  const visitor = await visit();
  const { page } = visitor;
  const empty = rendererPeakMegabytes(visitor.profile);
  const proofs = [];
  for (const [at, track] of config.tracks.slice(0, 2).entries()) {
    const began = performance.now();
    if (at === 0) {
      await arrive(visitor);
      await connect(visitor);
      await makeIdentity(visitor);
    } else {
      await page.getByRole('link', { name: 'The catalogue', exact: true }).click();
    }
    await openTrack(visitor, track.title);
    await visitDesk(visitor);
    await choose(visitor, 'device', 'offchain');
    await prove(visitor);
    await sign(visitor);
    await opened(visitor);
    await button(page, 'Play').click();
    checks.check(`figures: proof ${at + 1} leads to sound`, (await loudness(visitor, 1200)) > 0.005);
    await page.locator('.steps-taken summary').click();
    const taken = new Map(await steps(visitor));
    const [load, witness, proving] = ['loading', 'witness', 'proving'].map(
      (stage) => taken.get(`device:${stage}`) ?? 0,
    );
    proofs.push({
      to_sound_ms: Math.round(performance.now() - began),
      load_ms: load,
      witness_ms: witness,
      prove_ms: proving,
    });
  }
  checks.note({
    measured: 'figures',
    threads: await page.evaluate(() => (crossOriginIsolated ? navigator.hardwareConcurrency : 1)),
    first: proofs[0],
    second: proofs[1],
    js_heap_mb: await heapMegabytes(page),
    renderer_peak_mb: rendererPeakMegabytes(visitor.profile),
    empty_page_mb: empty,
  });
}

async function checkPlayer(checks, name, visitor) {
  const { page } = visitor;
  const position = page.getByRole('slider', { name: 'Position' });
  const at = Number(await position.inputValue());
  checks.check(`${name}: the position moves`, at > 1, at);
  await page.getByRole('slider', { name: 'Volume' }).fill('0');
  await page.waitForFunction(() => Number(document.querySelector('canvas.waveform').dataset.rms) < 0.0005);
  checks.check(`${name}: without volume there is no signal`, true);
  await page.getByRole('slider', { name: 'Volume' }).fill('0.8');
  await position.fill('12');
  await page.waitForFunction(() => Number(document.querySelector('.seek').value) > 12.3);
  checks.check(`${name}: it plays on where it was sought`, (await loudness(visitor, 800)) > 0.005);
  await button(page, 'Pause').click();
  await page.waitForFunction(() => document.querySelector('canvas.waveform').dataset.rms === '0.00000');
  checks.check(`${name}: paused, there is no signal`, true);
}

async function checkNotes(checks, name, { page }, { config, track }) {
  const transaction = page.locator('[data-signature]');
  const signature = await transaction.getAttribute('data-signature');
  const status = await transactionStatus(config.rpc, signature);
  checks.check(`${name}: the cluster confirms the transaction`, status && status.err === null, status);
  checks.check(
    `${name}: in the slot that is shown`,
    String(status?.slot) === (await transaction.getAttribute('data-slot')),
    status,
  );
  const shown = Number(await page.locator('[data-holders]').getAttribute('data-holders'));
  const counted = await holders(config, track.track_id);
  checks.check(`${name}: one of as many as the API counts`, shown === counted && shown > 1, [shown, counted]);
  checks.check(
    `${name}: the grant is renewed`,
    (await page.locator('.note-grant').getAttribute('data-state')) === 'current',
  );
  const kept = await page.evaluate(() =>
    JSON.stringify([{ ...localStorage }, { ...sessionStorage }, location.href, document.cookie]),
  );
  checks.check(`${name}: no grant and no field element in storage or address`, !/eyJ|0x[0-9a-f]{60}/.test(kept), kept);
  const keys = await page.evaluate(keptKeys);
  checks.check(
    `${name}: the keys that are kept cannot be exported`,
    keys.every((key) => key === false),
    keys,
  );
}

async function checkSteps(checks, name, visitor, method) {
  const { page } = visitor;
  await page.locator('.steps-taken summary').click();
  const taken = new Map(await steps(visitor));
  const expected = {
    device: [
      'wallet:wallet',
      'device:leaves',
      'device:tree',
      'device:proving',
      'device:checking',
      'chain:root',
      'chain:verified',
      'api:granted',
    ],
    delegated: ['wallet:wallet', 'device:sealing', 'prover:queued', 'chain:root', 'chain:verified', 'api:granted'],
  }[method];
  const missing = expected.filter((step) => !taken.has(step));
  checks.check(`${name}: the steps are shown`, missing.length === 0, { missing, taken: [...taken.keys()] });
  const foreign = [...taken.keys()].filter((step) =>
    step.startsWith(method === 'device' ? 'prover:' : 'device:proving'),
  );
  checks.check(`${name}: it was proved where it was chosen`, foreign.length === 0, foreign);
  return taken;
}

/** Of a prover all steps but the waiting: those that pass between two messages are not told apart. */
function proveMilliseconds(taken, method) {
  if (method === 'device') return taken.get('device:proving');
  const spent = [...taken].filter(([step]) => step.startsWith('prover:') && step !== 'prover:queued');
  return spent.reduce((sum, [, milliseconds]) => sum + milliseconds, 0);
}

/** In the page: whether the identity's key and the demo wallet's private key can be exported. */
async function keptKeys() {
  const done = (request) =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  const database = await done(indexedDB.open('veilpass-room'));
  const store = database.transaction('kept').objectStore('kept');
  const [identity, wallet] = [await done(store.get('identity')), await done(store.get('demo-wallet'))];
  database.close();
  return [identity.key.extractable, wallet.privateKey.extractable];
}
