import { keptInDatabase, keptSessions, openStoreToTests, shiftSessionEnds } from '../lib/kept.mjs';
import { heapMegabytes, rendererPeakMegabytes } from '../lib/memory.mjs';
import { button, loudness, opened, openTrack, prove, refusalCode, unlock } from '../lib/walk.mjs';

/** What was unlocked stays unlocked, until its session ends. */
export const reloadCases = [
  { name: 'reload', run: reload },
  { name: 'reload-restart', run: restart },
  { name: 'reload-onchain', run: reloadOnChain },
  { name: 'session-over', run: sessionOver },
];

/** The POST requests to the API from now on, by path. */
function posts({ page }, config) {
  const paths = [];
  page.on('request', (request) => {
    const { origin, pathname } = new URL(request.url());
    if (request.method() === 'POST' && origin === new URL(config.api).origin) paths.push(pathname);
  });
  return paths;
}

async function sounds({ page }) {
  await button(page, 'Play').click();
  await page.waitForFunction(() => Number(document.querySelector('canvas.waveform').dataset.rms) > 0.005);
}

async function reload(room) {
  const { checks, config, visit, shot } = room;
  const { title } = config.tracks[0];
  const visitor = await visit();
  const { page } = visitor;
  await openStoreToTests(visitor.context);
  await unlock(visitor, title, 'device', 'offchain');
  const kept = await keptInDatabase(page);
  checks.check('reload: the session is kept', (await keptSessions(page)).length === 1, kept.names);
  checks.check('reload: with no grant', !kept.texts.includes('eyJ'), kept.texts);
  checks.check('reload: no private key can be exported', kept.exportable.length === 0, kept.exportable);

  const asked = posts(visitor, config);
  const began = performance.now();
  await page.reload();
  await opened(visitor);
  await sounds(visitor);
  const toSound = Math.round(performance.now() - began);
  checks.check('reload: the track plays again', (await loudness(visitor, 1200)) > 0.005);
  checks.check('reload: by one grant, without a proof', asked.join() === '/v1/grants', asked);
  await shot(visitor, 'reload-1-track');

  // Without the wallet: the session is enough.
  await page.goto(visitor.url);
  await page.getByText('Still open from before').waitFor();
  checks.check('reload: the catalogue tells it, and asks for nothing', asked.length === 1, asked);
  await shot(visitor, 'reload-2-catalogue');
  await openTrack(visitor, title);
  await opened(visitor);
  await sounds(visitor);
  checks.check('reload: it is opened from the catalogue too', asked.length === 2, asked);
  checks.note({ measured: 'reload', reload_to_sound_ms: toSound });

  await button(page, /^Identity/).click();
  await page.getByText('How it is kept here').click();
  await shot(visitor, 'reload-3-identity');
  await button(page, 'Forget it on this device').click();
  await button(page, 'Really forget it').click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  const left = await keptSessions(page);
  checks.check('reload: sessions are forgotten with the identity', left.length === 0, left);
  await page.reload();
  await button(page, 'Make or restore one').waitFor();
  checks.check('reload: and stay forgotten', (await page.locator('.track').getAttribute('data-stage')) === 'identify');
}

/** The browser is closed and opened again. It made no proof since, nor a picture: its memory is that of listening. */
async function restart({ checks, config, visit }) {
  const { title } = config.tracks[0];
  const visitor = await visit();
  await unlock(visitor, title, 'device', 'offchain');
  const address = visitor.page.url();
  await visitor.restart();
  const began = performance.now();
  await visitor.page.goto(address);
  await opened(visitor);
  await sounds(visitor);
  const toSound = Math.round(performance.now() - began);
  checks.check('reload-restart: the track plays again', (await loudness(visitor, 1200)) > 0.005);
  checks.note({
    measured: 'reload-restart',
    navigation_to_sound_ms: toSound,
    js_heap_mb: await heapMegabytes(visitor.page),
    renderer_peak_mb: rendererPeakMegabytes(visitor.profile),
  });
}

/** The page goes as soon as the proof is accepted: the chain confirms it while nobody looks. */
async function reloadOnChain({ checks, config, visit, shot }) {
  const visitor = await visit();
  const { page } = visitor;
  await openStoreToTests(visitor.context);
  const unlocked = unlock(visitor, config.tracks[1].title, 'device', 'onchain').catch(() => {});
  await page.locator('[data-step="api:submitting"]').waitFor();
  while ((await keptSessions(page)).length === 0) await page.waitForTimeout(20);
  const stage = await page.locator('.track').getAttribute('data-stage');
  checks.check('reload-onchain: the session is kept before the chain has it', stage === 'working', stage);
  // The service says that the chain has not decided yet.
  visitor.isRefused = true;
  await page.reload();
  await opened(visitor);
  await unlocked;
  await sounds(visitor);
  const signature = await page.locator('[data-signature]').getAttribute('data-signature');
  checks.check('reload-onchain: the transaction is shown', /^[1-9A-HJ-NP-Za-km-z]{80,90}$/.test(signature), signature);
  await shot(visitor, 'reload-onchain');
}

/** Sessions end: what is kept of one is then removed, and the identity counts as used. */
async function sessionOver(room) {
  const { checks, config, visit, shot } = room;
  const { title } = config.tracks[2];
  const visitor = await visit();
  const { page } = visitor;
  await openStoreToTests(visitor.context);
  await unlock(visitor, title, 'device', 'offchain');

  // Another end than its proof is bound to: the service does not count it.
  visitor.isRefused = true;
  await shiftSessionEnds(page, 60);
  await page.reload();
  checks.check('session-over: the service refuses another end', (await refusalCode(visitor)) === 'context-mismatch');
  checks.check('session-over: what is of no use is removed', (await keptSessions(page)).length === 0);
  await shot(visitor, 'session-over-1-refused');

  await button(page, 'Try again').click();
  await prove(visitor);
  checks.check('session-over: the identity counts as used', (await refusalCode(visitor)) === 'nullifier-used');
  await shot(visitor, 'session-over-2-used');

  // One that ran out while the page was away is removed without a word.
  const other = await visit();
  await openStoreToTests(other.context);
  await unlock(other, title, 'device', 'offchain');
  await shiftSessionEnds(other.page, -30 * 24 * 3600);
  const asked = posts(other, config);
  await other.page.reload();
  await button(other.page, 'Prove and listen').waitFor();
  const left = await keptSessions(other.page);
  checks.check('session-over: one that ran out is removed', left.length === 0, left);
  checks.check('session-over: and not asked for', asked.length === 0, asked);
}
