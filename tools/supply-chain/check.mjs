// Checks what Veilpass is made of, and writes bills of materials.
//
//   node tools/supply-chain/check.mjs [--out DIR] [--advisory-db CLONE] [--strict]
//
// --out          where the bills go; target/sbom by default, which git ignores
// --advisory-db  a clone of RustSec's database, for a machine that cannot fetch it
// --strict       what cannot run here fails too

import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import * as crates from './crates.mjs';
import * as npm from './npm.mjs';
import { Report } from './report.mjs';
import { succeed } from './run.mjs';
import * as sbom from './sbom.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { values: options } = parseArgs({
  options: { out: { type: 'string' }, 'advisory-db': { type: 'string' }, strict: { type: 'boolean', default: false } },
});
const out = resolve(options.out ?? `${root}/target/sbom`);
const snapshot = options['advisory-db'] && resolve(options['advisory-db']);
const tracked = succeed('git', ['ls-files', '--', '*package-lock.json', '*Cargo.lock'], root).stdout.trim().split('\n');
const locks = tracked.filter((file) => file.endsWith('package-lock.json'));
const workspaces = tracked
  .filter((file) => file.endsWith('Cargo.lock'))
  .map((file) => file.replace(/\/?Cargo\.lock$/, ''));

const report = new Report();
for (const lock of locks) {
  report.check(`${lock}, checksums`, () => npm.integrity(root, lock));
  report.check(`${lock}, licences`, () => npm.licences(root, lock));
  report.check(`${lock}, npm audit`, () => npm.audit(root, lock));
}
report.check('crates, licences, bans, sources', () => crates.policy(root));
for (const workspace of workspaces) {
  report.check(`${workspace || '.'}/Cargo.lock, advisories`, () => crates.advisories(root, workspace || '.', snapshot));
}
sbom.withCopy(root, (copy) => {
  for (const lock of locks) report.check(`${lock}, bill of materials`, () => sbom.ofNpm(copy, lock, out));
  report.check('crates, bills of materials', () => sbom.ofCargo(copy, out));
});
console.log(`\n${report.failed} failed, ${report.unable} cannot run here; bills of materials are in ${out}`);
process.exit(report.failed > 0 || (options.strict && report.unable > 0) ? 1 : 0);
