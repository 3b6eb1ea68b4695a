// Checks what Veilpass is made of, and writes bills of materials: ./veilpass supply-chain, which installs the tools first.

import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import * as crates from './crates.mjs';
import * as npm from './npm.mjs';
import { Database } from './npm-advisories.mjs';
import * as pins from './pins.mjs';
import { Report } from './report.mjs';
import { succeed } from './run.mjs';
import * as sbom from './sbom.mjs';
import * as thirdParty from './third-party.mjs';

const HELP = `Check what Veilpass is made of, from the lock files that git knows, and write bills of materials.

Usage: ./veilpass supply-chain [OPTIONS]

Each check is ok, FAILED, or cannot run: why. It ends with 1 if one FAILED.

  --quick                 only what takes seconds and no network: pins, checksums, licences of npm packages,
                          THIRD-PARTY.md (./veilpass test runs this)
  --write                 write THIRD-PARTY.md and local-chain/THIRD-PARTY.md instead of comparing them
  --strict                what cannot run here fails too
  --out DIR               where bills of materials go (CycloneDX, JSON) [default: target/sbom, which git ignores]
  --advisory-db CLONE     a clone of RustSec's advisory-db, for a machine that cannot fetch it
  --npm-advisories CLONE  a clone of GitLab's advisory database (gitlab-org/advisories-community), asked instead of
                          npm's registry: not every mirror answers an audit
  --help                  this

What it needs is installed into Veilpass' cache: cargo-deny, cargo-audit and cargo-cyclonedx, in fixed versions. What
could not be installed is a check that cannot run. How to read it: tools/supply-chain/README.md.`;

const root = fileURLToPath(new URL('../..', import.meta.url));
const options = read({
  quick: { type: 'boolean', default: false },
  write: { type: 'boolean', default: false },
  strict: { type: 'boolean', default: false },
  out: { type: 'string' },
  'advisory-db': { type: 'string' },
  'npm-advisories': { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
});
if (options.help) {
  console.log(HELP);
  process.exit(0);
}
const out = resolve(options.out ?? `${root}/target/sbom`);
const clone = (name) => options[name] && resolve(options[name]);
const tracked = succeed('git', ['ls-files', '--', '*package-lock.json', '*Cargo.lock'], root).stdout.trim().split('\n');
const locks = tracked.filter((file) => file.endsWith('package-lock.json'));
const manifests = tracked.filter((file) => file.endsWith('Cargo.lock'));
const workspaces = manifests.map((file) => file.replace(/\/?Cargo\.lock$/, '') || '.');

const report = new Report();
report.check('pins.env: every place agrees', () => pins.agree(root));
for (const lock of locks) {
  report.check(`${lock}: checksums`, () => npm.integrity(root, lock));
  report.check(`${lock}: licences`, () => npm.licences(root, lock));
}
for (const which of thirdParty.DOCUMENTS) {
  // The local chain's crates are not all on a machine that has not compiled it.
  if (options.quick && which.workspace !== '.') continue;
  report.check(`${which.file}: up to date`, () => thirdParty.document(root, which, options.write));
}
if (!options.quick) complete();
const bills = options.quick ? '' : `; bills of materials are in ${out}`;
console.log(`\n${report.passed} ok, ${report.failed} FAILED, ${report.unable} cannot run here${bills}`);
process.exit(report.failed > 0 || (options.strict && report.unable > 0) ? 1 : 0);

// What asks databases, or takes longer.
function complete() {
  const path = clone('npm-advisories');
  let database;
  for (const lock of locks) {
    report.check(`${lock}: advisories`, () => {
      database ??= path && new Database(path);
      return npm.audit(root, lock, database);
    });
  }
  const snapshot = clone('advisory-db');
  for (const workspace of workspaces) {
    const name = workspace === '.' ? 'Cargo.lock' : `${workspace}/Cargo.lock`;
    report.check(`${name}: licences, bans, sources`, () => crates.policy(root, workspace));
    report.check(`${name}: cargo deny advisories`, () => crates.advisories(root, workspace, snapshot));
    report.check(`${name}: cargo audit`, () => crates.audit(root, workspace, snapshot));
  }
  sbom.withCopy(root, (copy) => {
    for (const lock of locks) report.check(`${lock}: bill of materials`, () => sbom.ofNpm(copy, lock, out));
    for (const workspace of workspaces) {
      const name = workspace === '.' ? 'Cargo.lock' : `${workspace}/Cargo.lock`;
      report.check(`${name}: bills of materials`, () => sbom.ofCargo(copy, workspace, out));
    }
  });
}

// What was asked for; ends with 2, as clap does, when that is not to be understood.
function read(known) {
  try {
    return parseArgs({ options: known }).values;
  } catch (error) {
    console.error(`error: ${error.message}\n\nFor more information, try '--help'.`);
    process.exit(2);
  }
}
