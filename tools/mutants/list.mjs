// Which mutants there are: those of cargo-mutants, then those of `operators.mjs`.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { mutantsOf } from './operators.mjs';

/**
 * All mutants of a tree's folder of sources: `{ name, path, text }`. `args` go to cargo-mutants; a `--shard K/N` among them
 * takes every N-th mutant of both kinds.
 */
export function list(tree, folder, { args, skip = [] }) {
  const [k, n] = args[args.indexOf('--shard') + 1]?.split('/').map(Number) ?? [];
  const own = mutantsOf(tree, folder, skip);
  return [...listed(tree, args), ...(args.includes('--shard') ? own.filter((_, index) => index % n === k) : own)];
}

/** cargo-mutants' own, as it lists them: where, and what to put there. */
function listed(tree, args) {
  const all = ['mutants', '--list', '--json', '--sharding', 'round-robin', ...args];
  if (!args.includes('--shard')) all.push('--shard', '0/1');
  const found = JSON.parse(execFileSync('cargo', all, { cwd: tree, maxBuffer: 1 << 28 }));
  return found.map(({ name, file, span, replacement }) => {
    const text = readFileSync(join(tree, file), 'utf8');
    const lines = text.split('\n');
    const at = ({ line, column }) => lines.slice(0, line - 1).reduce((sum, { length }) => sum + length + 1, column - 1);
    return { name, path: file, text: text.slice(0, at(span.start)) + replacement + text.slice(at(span.end)) };
  });
}
