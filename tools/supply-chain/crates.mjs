// What Cargo's lock files name, by cargo-deny and cargo-audit.

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { CannotRun } from './report.mjs';
import { needCargoTool, run, succeed, tail } from './run.mjs';

const DATABASE = 'https://github.com/rustsec/advisory-db';
// The folder's name that cargo-deny derives from that address.
const FOLDER = 'advisory-db-3157b0e258782691';
// A snapshot that is older is not asked.
const MOST_DAYS = 180;
// Advisories that were looked at, each with its reason: in any workspace, or in one.
const known = JSON.parse(readFileSync(new URL('advisories.json', import.meta.url), 'utf8')).crates;
const explained = (workspace) => [...known.all, ...(known[workspace] ?? [])];
const need = (tool) => needCargoTool(tool, './veilpass supply-chain installs it');

// Licences, bans and sources of a workspace, as deny.toml says.
export function policy(root, workspace) {
  need('cargo-deny');
  const manifest = ['--offline', '--manifest-path', join(root, workspace, 'Cargo.toml')];
  const config = ['--config', join(root, 'deny.toml')];
  const checked = run('cargo-deny', [...manifest, ...config, 'check', 'licenses', 'bans', 'sources'], root);
  if (/--offline was specified/.test(checked.stderr)) throw notFetched(workspace);
  if (checked.status !== 0) throw new Error(tail(checked.stderr));
  const listed = [...manifest, 'list', '-f', 'json', '-l', 'license'];
  const list = JSON.parse(succeed('cargo-deny', listed, root).stdout);
  const counts = list.licenses.map(([licence, crates]) => `${crates.length} ${licence}`);
  return `${counts.join(', ')}${list.unlicensed.length > 0 ? `, ${list.unlicensed.length} without` : ''}`;
}

// Known vulnerabilities, by the database of RustSec: what cargo-audit asks too. `snapshot` is a clone of it, or undefined: then
// it is fetched.
export function advisories(root, workspace, snapshot) {
  need('cargo-deny');
  const work = mkdtempSync(join(tmpdir(), 'veilpass-advisories-'));
  try {
    const config = join(work, 'deny.toml');
    const entries = explained(workspace);
    // TOML's strings are JSON's.
    const ignored = entries.map(
      ({ id, reason }) => `{ id = ${JSON.stringify(id)}, reason = ${JSON.stringify(reason)} }`,
    );
    const lines = [
      '[advisories]',
      `db-path = ${JSON.stringify(work)}`,
      `db-urls = ["${DATABASE}"]`,
      `maximum-db-staleness = "P${MOST_DAYS}D"`,
      // A workspace need not have all that another one ignores.
      'unused-ignored-advisory = "allow"',
      `ignore = [${ignored.join(', ')}]`,
    ];
    writeFileSync(config, `${lines.join('\n')}\n`);
    const date = snapshot ? copy(snapshot, join(work, FOLDER)) : 'fetched now';
    const manifest = ['--manifest-path', join(root, workspace, 'Cargo.toml'), '--config', config];
    const ended = run('cargo-deny', [...(snapshot ? ['--offline'] : []), ...manifest, 'check', 'advisories'], root);
    if (ended.status === 0) return `none that counts (database ${date})`;
    const said = `${ended.stdout}\n${ended.stderr}`;
    if (/failed to fetch advisory database/.test(said)) throw unreachable();
    if (/--offline was specified/.test(said)) throw notFetched(workspace);
    throw new Error(
      tail(
        said
          .split('\n')
          .filter((line) => /^error|ID:|Solution:/.test(line))
          .join('\n') || said,
        40,
      ),
    );
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

const notFetched = (workspace) => new CannotRun(`cargo fetch --manifest-path ${workspace}/Cargo.toml first`);

// The same database, by cargo-audit: of all that the lock file names, also what is compiled for no platform of ours.
export function audit(root, workspace, snapshot) {
  need('cargo-audit');
  const work = mkdtempSync(join(tmpdir(), 'veilpass-audit-'));
  try {
    const date = snapshot ? copy(snapshot, join(work, 'db')) : 'fetched now';
    const fetched = snapshot ? ['--no-fetch', '--stale'] : [];
    const ignored = explained(workspace).flatMap(({ id }) => ['--ignore', id]);
    const lock = ['--file', join(root, workspace, 'Cargo.lock'), '--db', join(work, 'db')];
    const args = ['audit', '--deny', 'warnings', '--color', 'never', ...lock, ...fetched, ...ignored];
    const ended = run('cargo-audit', args, root);
    if (ended.status === 0) return `none that counts (database ${date})`;
    const said = `${ended.stdout}\n${ended.stderr}`;
    if (/couldn't fetch advisory database/.test(said)) throw unreachable();
    const lines = said.split('\n').filter((line) => /^(Crate|Version|Title|ID|Solution|error):/.test(line));
    throw new Error(tail(lines.join('\n') || said, 40));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

const unreachable = () => new CannotRun(`${DATABASE} cannot be reached; give a clone of it with --advisory-db`);

// Puts a clone of the database where cargo-deny looks. Returns the date of its newest commit.
function copy(snapshot, to) {
  if (!existsSync(snapshot)) throw new CannotRun(`${snapshot} is not there`);
  succeed('git', ['clone', '--quiet', '--branch', 'main', `file://${snapshot}`, to], '/');
  succeed('git', ['remote', 'set-url', 'origin', DATABASE], to);
  const commit = succeed('git', ['rev-parse', 'HEAD'], to).stdout.trim();
  // What says to cargo-deny how old it is.
  writeFileSync(join(to, '.git', 'FETCH_HEAD'), `${commit}\t\tbranch 'main' of ${DATABASE}\n`);
  return `of ${succeed('git', ['log', '-1', '--format=%cs'], to).stdout.trim()}`;
}
