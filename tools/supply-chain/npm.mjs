// What npm's lock files name: whole, under licences that we accept, without known vulnerabilities.

import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { CannotRun } from './report.mjs';
import { run, tail } from './run.mjs';

const read = (file) => JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8'));
const policy = read('licences.json');
// Advisories that were looked at, each with its reason, by lock file.
const known = read('advisories.json').npm;

// Of all packages of a lock file: [place in node_modules, entry].
export function packages(root, lock) {
  const { packages: all } = JSON.parse(readFileSync(join(root, lock), 'utf8'));
  return Object.entries(all).filter(([place, entry]) => place.includes('node_modules/') && !entry.link);
}

// Whether who installs the SDK gets it, or the pages hold it.
export const isShipped = ({ dev, devOptional, peer }) => !(dev || devOptional || peer);

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
    const isTool = isPeer || !isShipped(entry) || lock !== 'package-lock.json';
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

// npm's own database of vulnerabilities. Not every registry has that endpoint. `database` is asked instead, if given.
export function audit(root, lock, database) {
  return judge(lock, database ? offline(root, lock, database) : online(root, lock), database);
}

// What was found: [package, its identifiers, what it is].
function online(root, lock) {
  const ended = run('npm', ['audit', '--package-lock-only', '--json'], dirname(join(root, lock)));
  let answer;
  try {
    answer = JSON.parse(ended.stdout);
  } catch {
    throw new CannotRun(tail(ended.stderr));
  }
  if (!answer.vulnerabilities) {
    const why = answer.message ?? tail(ended.stderr, 3);
    throw new CannotRun(`the registry answers no audit (${why}); give a clone with --npm-advisories`);
  }
  return found(answer);
}

// Of npm's answer. Who only depends on such a package has its name there, not an advisory.
export function found({ vulnerabilities }) {
  const advisories = Object.values(vulnerabilities).flatMap(({ via }) =>
    via.filter((each) => typeof each === 'object'),
  );
  return advisories.map(({ name, url, title }) => [name, [url.split('/').at(-1)], title]);
}

function offline(root, lock, database) {
  return packages(root, lock).flatMap(([place, { name, version }]) => {
    const called = name ?? place.split('node_modules/').at(-1);
    return database.about(called, version).map(({ ids, title }) => [`${called} ${version}`, ids, title]);
  });
}

// Fails for what is not in advisories.json.
export function judge(lock, advisories, database) {
  const reasons = new Map((known[lock] ?? []).map(({ id, reason }) => [id, reason]));
  const isKnown = ([, ids]) => ids.some((id) => reasons.has(id));
  const counts = advisories.filter((each) => !isKnown(each));
  if (counts.length > 0) {
    throw new Error(counts.map(([name, ids, title]) => `${name}: ${ids.join(', ')} ${title}`).join('\n'));
  }
  const explained = advisories.length > 0 ? `, ${advisories.length} explained in advisories.json` : '';
  const asked = database ? `GitLab's database of ${database.date}` : 'npm audit';
  return `none that counts${explained} (${asked})`;
}
