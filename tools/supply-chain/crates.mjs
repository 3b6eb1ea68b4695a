// What Cargo's lock files name, by cargo-deny.

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
const known = JSON.parse(readFileSync(new URL('advisories.json', import.meta.url), 'utf8'));
const need = () => needCargoTool('cargo-deny', './veilpass test installs it');

// Licences, bans and sources of the workspace, as deny.toml says.
export function policy(root) {
  need();
  succeed('cargo-deny', ['--offline', 'check', 'licenses', 'bans', 'sources'], root);
  const list = JSON.parse(succeed('cargo-deny', ['--offline', 'list', '-f', 'json', '-l', 'license'], root).stdout);
  const counts = list.licenses.map(([licence, crates]) => `${crates.length} ${licence}`);
  return `${counts.join(', ')}${list.unlicensed.length > 0 ? `, ${list.unlicensed.length} without` : ''}`;
}

// Known vulnerabilities, by the database of RustSec: what cargo-audit asks too. `snapshot` is a clone of it, or undefined: then
// it is fetched.
export function advisories(root, workspace, snapshot) {
  need();
  const work = mkdtempSync(join(tmpdir(), 'veilpass-advisories-'));
  try {
    const config = join(work, 'deny.toml');
    const entries = [...known.all, ...(known[workspace] ?? [])];
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
    if (/failed to fetch advisory database/.test(said)) {
      throw new CannotRun(`${DATABASE} cannot be reached; give a clone of it with --advisory-db`);
    }
    if (/--offline was specified/.test(said))
      throw new CannotRun(`cargo fetch --manifest-path ${workspace}/Cargo.toml first`);
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
