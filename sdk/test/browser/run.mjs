// Proves on the device and by a prover, in real Chromium, against a real stack: npm run test:browser -w sdk
//
// Builds a page with the SDK as a frontend would, puts it in the place of the listening room under a root of its own, starts
// `veilpass demo` there (its server gives the pages the headers and the CSP that they have in production), and drives it.
//   VEILPASS_BIN   the binary (default: the release build in the cache)      CHROMIUM   the browser (default: /usr/bin/chromium)
//   VEILPASS_ROOM  URL of a room that is open already and serves that page: nothing is built or started
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { build } from 'vite';

const here = dirname(fileURLToPath(import.meta.url));
const repository = join(here, '../../..');
const binary = process.env.VEILPASS_BIN ?? join(homedir(), '.cache/veilpass/target-1.95.0/release/veilpass');
const browserPath = process.env.CHROMIUM ?? '/usr/bin/chromium';
const failures = [];
const check = (what, holds) => {
  console.log(`${holds ? '  ok  ' : ' FAIL '} ${what}`);
  if (!holds) failures.push(what);
};

const scratch = mkdtempSync(join(tmpdir(), 'veilpass-sdk-'));
let stack;
try {
  const room = process.env.VEILPASS_ROOM ?? (await openRoom());
  for (const [threads, method, settle] of [
    [1, 'device', 'offchain'],
    [2, 'device', 'onchain'],
    [1, 'delegated', 'offchain'],
  ]) {
    await inBrowser(room, async (page, memory, trouble) => {
      const proofs = method === 'device' ? 6 : 1;
      const result = await page.evaluate((args) => globalThis.veilpassTest(...args), [threads, method, settle, proofs]);
      const [cold, ...warm] = result.milliseconds;
      const median = warm.toSorted((a, b) => a - b)[Math.floor(warm.length / 2)];
      console.log(
        `\n${method}, ${threads} thread(s), ${settle}: first ${cold} ms, then ${warm.join(' ')} (median ${median})`,
      );
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
} finally {
  if (stack) {
    const ended = new Promise((resolve) => stack.once('exit', resolve));
    stack.kill('SIGTERM');
    await ended;
  }
  rmSync(scratch, { recursive: true, force: true });
}
console.log(failures.length === 0 ? '\nBROWSER OK' : `\nBROWSER FAILED: ${failures.length}`);
process.exitCode = failures.length === 0 ? 0 : 1;

/** A stack whose listening room is the test's page. */
async function openRoom() {
  const root = join(scratch, 'root');
  mkdirSync(join(root, 'web/dist'), { recursive: true });
  for (const name of readdirSync(repository)) if (name !== 'web') symlinkSync(join(repository, name), join(root, name));
  symlinkSync(join(repository, 'web/headers.json'), join(root, 'web/headers.json'));
  const page = join(here, 'page');
  const outDir = join(root, 'web/dist/room');
  await build({ root: page, configFile: join(page, 'vite.config.ts'), logLevel: 'warn', build: { outDir } });
  stack = spawn(binary, ['demo', '--data', join(scratch, 'data'), '--leaves', '1000'], {
    env: { ...process.env, VEILPASS_ROOT: root },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: stack.stdout })) {
    console.log(line);
    const url = /The listening room is open: (\S+)/.exec(line)?.[1];
    if (url) {
      stack.stdout.resume();
      return url;
    }
  }
  throw new Error('the demo ended before its room was open');
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
