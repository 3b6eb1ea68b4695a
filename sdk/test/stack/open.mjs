// A real stack whose listening room is the page of these tests. Its server gives pages the headers and the CSP of
// production.
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const here = dirname(fileURLToPath(import.meta.url));
const repository = join(here, '../../..');

/**
 * Opens one, or takes the one at `VEILPASS_ROOM`, which must serve that page already.
 * Environment: VEILPASS_BIN (default: the release build in the cache), and what `veilpass demo` reads.
 * @returns {Promise<{ room: string, close: () => Promise<void> }>}
 */
export async function openStack() {
  if (process.env.VEILPASS_ROOM) return { room: process.env.VEILPASS_ROOM, close: async () => {} };
  const binary = process.env.VEILPASS_BIN ?? join(homedir(), '.cache/veilpass/target-1.95.0/release/veilpass');
  const scratch = mkdtempSync(join(tmpdir(), 'veilpass-sdk-'));
  // Postgres runs as a user of its own, who must get to its folder.
  chmodSync(scratch, 0o711);
  const root = join(scratch, 'root');
  mkdirSync(join(root, 'web/dist'), { recursive: true });
  for (const name of readdirSync(repository)) if (name !== 'web') symlinkSync(join(repository, name), join(root, name));
  for (const name of readdirSync(join(repository, 'web'))) {
    if (name !== 'dist') symlinkSync(join(repository, 'web', name), join(root, 'web', name));
  }
  // Where the reference string is looked for, among other places.
  const shared = join(repository, '../shared');
  if (existsSync(shared)) symlinkSync(shared, join(scratch, 'shared'));
  const page = join(here, '../browser/page');
  const outDir = join(root, 'web/dist/room');
  await build({ root: page, configFile: join(page, 'vite.config.ts'), logLevel: 'warn', build: { outDir } });
  const stack = spawn(binary, ['demo', '--data', join(scratch, 'data'), '--leaves', '1000'], {
    env: { ...process.env, VEILPASS_ROOT: root },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => stack.once('exit', resolve));
  const close = async () => {
    stack.kill('SIGTERM');
    await ended;
    rmSync(scratch, { recursive: true, force: true });
  };
  for await (const line of createInterface({ input: stack.stdout })) {
    console.log(line);
    const room = /The listening room is open: (\S+)/.exec(line)?.[1];
    if (room) {
      stack.stdout.resume();
      return { room, close };
    }
  }
  await close();
  throw new Error('the demo ended before its room was open');
}

/** Notes what holds and what does not. */
export function checks(name) {
  const failures = [];
  return {
    check(what, holds) {
      console.log(`${holds ? '  ok  ' : ' FAIL '} ${what}`);
      if (!holds) failures.push(what);
    },
    finish() {
      console.log(failures.length === 0 ? `\n${name} OK` : `\n${name} FAILED: ${failures.length}`);
      process.exitCode = failures.length === 0 ? 0 : 1;
    },
  };
}
