// A copy of the checkout to break, and what came of it.

import { spawn, spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Copies what git knows of, changes that are not committed included. All is new to cargo: a run may have been stopped. */
export function copyTree(root, to) {
  rmSync(to, { recursive: true, force: true });
  mkdirSync(to, { recursive: true });
  const script =
    'git ls-files -z --cached --others --exclude-standard | tar --null -cT - --ignore-failed-read | tar -xmC "$1"';
  const { status } = spawnSync('bash', ['-c', script, 'copy', to], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (status !== 0) throw new Error(`cannot copy ${root} to ${to}`);
}

/** A test that failed, as the test harness or nextest says it. */
const FAILED = /^test (\S+) \.\.\. FAILED$|^ +(?:FAIL|SIG\w+) \[[^\]]*\](?: \([^)]*\))? +(.+)$/m;

/**
 * Runs a command until it ends, a test of it fails or it takes too long. Resolves to `{ outcome, by, said }`: `passed`,
 * `failed` (and by which test, if one says so) or `timeout`.
 */
export function run(command, args, { cwd, env, seconds }) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, detached: true });
    let said = '';
    let outcome;
    const end = (how) => {
      outcome ??= how;
      try {
        process.kill(-child.pid, 'SIGKILL');
      } catch {} // It has ended by itself.
    };
    const timer = setTimeout(() => end('timeout'), seconds * 1000);
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (data) => {
        said += data;
        if (FAILED.test(said.slice(-10_000))) end('failed');
      });
    }
    child.on('close', (status) => {
      clearTimeout(timer);
      const [, test, nextest] = said.match(FAILED) ?? [];
      resolve({ outcome: outcome ?? (status === 0 ? 'passed' : 'failed'), by: test ?? nextest, said });
    });
  });
}

/**
 * Tries each mutant that `outcomes.jsonl` does not know: writes its text, asks `judge` what becomes of it, restores the
 * file. Prints what survived, and the counts.
 */
export async function tryAll(mutants, { tree, out, judge }) {
  const file = join(out, 'outcomes.jsonl');
  const lines = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').filter(Boolean) : [];
  const known = new Map(lines.map((line) => JSON.parse(line)).map(({ name, outcome }) => [name, outcome]));
  for (const [index, { name, path, text }] of mutants.entries()) {
    if (known.has(name)) continue;
    const original = readFileSync(join(tree, path), 'utf8');
    writeFileSync(join(tree, path), text);
    const since = Date.now();
    const { outcome, by } = await judge({ path });
    writeFileSync(join(tree, path), original);
    known.set(name, outcome);
    const seconds = Math.round((Date.now() - since) / 1000);
    appendFileSync(file, `${JSON.stringify({ name, outcome, by, seconds })}\n`);
    console.log(`${index + 1} of ${mutants.length}: ${outcome} in ${seconds} s: ${name}${by ? ` (${by})` : ''}`);
  }
  const counts = {};
  for (const { name } of mutants) counts[known.get(name)] = (counts[known.get(name)] ?? 0) + 1;
  for (const { name } of mutants) {
    if (['survived', 'timeout'].includes(known.get(name))) console.log(`${known.get(name)}: ${name}`);
  }
  console.log(`${mutants.length} mutants: ${JSON.stringify(counts)}`);
}
