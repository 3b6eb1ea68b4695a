import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

import { CannotRun } from './report.mjs';

// Where ./veilpass installs tools, besides PATH.
const cache = process.env.VEILPASS_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'veilpass');
const path = [process.env.PATH, join(cache, 'tools', 'bin')].join(delimiter);

// Runs a program to its end: its exit code and what it printed.
export function run(program, args, directory, environment = {}) {
  const options = {
    cwd: directory,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    env: { ...process.env, PATH: path, ...environment },
  };
  const { status, stdout, stderr, error } = spawnSync(program, args, options);
  if (error) throw new CannotRun(`${program} does not start (${error.code})`);
  return { status, stdout, stderr };
}

// The same; fails unless it succeeded.
export function succeed(program, args, directory, environment) {
  const ended = run(program, args, directory, environment);
  if (ended.status !== 0) throw new Error(`${program} ${args.join(' ')}\n${tail(ended.stderr || ended.stdout)}`);
  return ended;
}

export const tail = (text, lines = 12) => text.trimEnd().split('\n').slice(-lines).join('\n');

// A subcommand of cargo that is a program of its own.
export function needCargoTool(name, advice) {
  const found = path.split(delimiter).some((folder) => existsSync(join(folder, name)));
  if (!found) throw new CannotRun(`${name} is not installed: ${advice}`);
}
