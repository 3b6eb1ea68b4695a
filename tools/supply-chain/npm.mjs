// What npm's lock files name: whole, under licences that we accept, without known vulnerabilities.

import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { CannotRun } from './report.mjs';
import { run, tail } from './run.mjs';

const policy = JSON.parse(readFileSync(new URL('licences.json', import.meta.url), 'utf8'));

// Of all packages of a lock file: [place in node_modules, entry].
export function packages(root, lock) {
  const { packages: all } = JSON.parse(readFileSync(join(root, lock), 'utf8'));
  return Object.entries(all).filter(([place, entry]) => place.includes('node_modules/') && !entry.link);
}

// Whether an SPDX expression can be met with these licences: of an OR one part must be among them, of an AND all.
export function isAccepted(expression, allowed) {
  const text = expression.trim().replace(/^\((.*)\)$/s, '$1');
  if (text.includes('(')) return false;
  const either = text.split(/ OR /i);
  return either.some((part) => part.split(/ AND /i).every((name) => allowed.has(name.trim())));
}

// Every licence is in the list for what the package is used for. What only builds or tests may have more than what is shipped.
export function licences(root, lock) {
  const counts = new Map();
  const refused = [];
  for (const [place, entry] of packages(root, lock)) {
    const licence = entry.license ?? policy.without[lock]?.[place];
    const isPeer = lock.startsWith('tools/peers/');
    const isTool = isPeer || entry.dev || entry.devOptional || lock !== 'package-lock.json';
    const allowed = new Set([...policy.shipped, ...(isTool ? policy.tools : []), ...(isPeer ? policy.peers : [])]);
    if (!licence || !isAccepted(licence, allowed)) refused.push(`${place} ${entry.version}: ${licence ?? 'none said'}`);
    counts.set(licence, (counts.get(licence) ?? 0) + 1);
  }
  if (refused.length > 0) throw new Error(`not accepted:\n${refused.join('\n')}`);
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  return sorted.map(([licence, count]) => `${count} ${licence}`).join(', ');
}

// Every package has a checksum, and none says where it is from: that is the registry of whoever installs.
export function integrity(root, lock) {
  const all = packages(root, lock);
  const without = all.filter(([, entry]) => !entry.integrity?.startsWith('sha512-') || entry.resolved);
  if (without.length > 0) throw new Error(without.map(([place]) => place).join('\n'));
  return `${all.length} packages with SHA-512`;
}

// npm's own database of vulnerabilities. Not every registry has that endpoint.
export function audit(root, lock) {
  const ended = run('npm', ['audit', '--package-lock-only', '--json'], dirname(join(root, lock)));
  let answer;
  try {
    answer = JSON.parse(ended.stdout);
  } catch {
    throw new CannotRun(tail(ended.stderr));
  }
  const found = answer.metadata?.vulnerabilities;
  if (!found) throw new CannotRun(`the registry does not answer an audit: ${answer.message ?? tail(ended.stderr, 3)}`);
  if (found.total > 0) throw new Error(`${JSON.stringify(found)}: ${Object.keys(answer.vulnerabilities).join(', ')}`);
  return 'no known vulnerability';
}
