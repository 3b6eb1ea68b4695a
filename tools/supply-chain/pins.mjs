// pins.env is the one place of every version that must match another. Package managers want versions in files of their own,
// and pages quote them: each such place says the same, and there is no other.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { succeed } from './run.mjs';

// Names of crates and packages that are pinned, with the key of pins.env.
const CRATES = {
  acvm: 'ACVM_VERSION',
  bn254_blackbox_solver: 'ACVM_VERSION',
  'barretenberg-rs': 'BARRETENBERG_RS_VERSION',
  'anchor-lang': 'ANCHOR_VERSION',
  'anchor-lang-idl': 'ANCHOR_IDL_VERSION',
};
const PACKAGES = {
  '@aztec/bb.js': 'BB_NPM_PACKAGE',
  '@noir-lang/noir_js': 'NOIR_VERSION',
  '@noir-lang/noir_wasm': 'NOIR_VERSION',
  '@noir-lang/acvm_js': 'NOIR_VERSION',
};
// Workspaces that link our programs or provers. The local chain is surfpool's, whose versions are its own.
const CARGO_LOCKS = ['Cargo.lock', 'fuzz/Cargo.lock'];
// Manifests of npm that name such a package: that they do is checked too.
const MANIFESTS = ['circuits/package.json', 'cli/src/bench/fleet/wasm/package.json', 'sdk/package.json'];
// What is written into files by commands, or quotes a version: a line, and its key.
const QUOTES = [
  ['circuits/ownership/ownership.json', /"noir_version": "(.*?)\+/, 'NOIR_VERSION'],
  ['sdk/src/generated/pins.ts', /^ {2}bbVersion: '(.*)',$/m, 'BB_VERSION'],
  ['sdk/src/generated/pins.ts', /^ {2}noirVersion: '(.*)',$/m, 'NOIR_VERSION'],
  ['sdk/src/generated/pins.ts', /^ {2}gates: (\d+),$/m, 'OWNERSHIP_GATES'],
  ['sdk/src/generated/pins.ts', /^ {2}referenceStringPoints: (\d+),$/m, 'DEVICE_CRS_POINTS'],
  ['sdk/src/generated/pins.ts', /^ {2}referenceStringSha256: '(.*)',$/m, 'DEVICE_CRS_SHA256'],
  ['docs/messages.md', /^DEVICE_CRS_POINTS=(.*)$/m, 'DEVICE_CRS_POINTS'],
  ['docs/messages.md', /^DEVICE_CRS_SHA256=(.*)$/m, 'DEVICE_CRS_SHA256'],
  ['crates/ultrahonk/PROVENANCE.md', /Barretenberg (\S+), `-t evm`/, 'BB_VERSION'],
];
// These are long or odd enough to be nothing else, wherever they stand.
const DISTINCT = /^(BB_VERSION|NOIR_VERSION|BB_SHA256_\w+|CRS_\w+_SHA256|DEVICE_CRS_SHA256)$/;
// Beside the places above: what tells of the past, lock files, and what is generated of them.
const MAY_NAME = /^(pins\.env|CHANGELOG\.md|BENCHMARKS\.md|THIRD-PARTY\.md|.*package-lock\.json)$/;

export function readPins(root) {
  const lines = readFileSync(join(root, 'pins.env'), 'utf8').matchAll(/^(\w+)=(.*)$/gm);
  return Object.fromEntries([...lines].map(([, key, value]) => [key, value]));
}

const versionOf = (name, value) => value?.replace(`${name}@`, '');

// All places: [file, what, the version there or undefined, key].
function* places(root) {
  const read = (file) => readFileSync(join(root, file), 'utf8');
  const manifest = read('Cargo.toml');
  for (const [crate, key] of Object.entries(CRATES)) {
    yield ['Cargo.toml', crate, new RegExp(`^${crate} = (?:\\{ version = )?"=(.+?)"`, 'm').exec(manifest)?.[1], key];
  }
  for (const lock of CARGO_LOCKS) {
    const text = read(lock);
    for (const [crate, key] of Object.entries(CRATES)) {
      const found = [...text.matchAll(new RegExp(`^name = "${crate}"\nversion = "(.*)"$`, 'gm'))];
      // A workspace need not have it, but no second version.
      for (const [, version] of found) yield [lock, crate, version, key];
      if (found.length === 0 && lock === 'Cargo.lock') yield [lock, crate, undefined, key];
    }
  }
  for (const file of MANIFESTS) {
    const { dependencies } = JSON.parse(read(file));
    const named = Object.keys(PACKAGES).filter((name) => name in dependencies);
    if (named.length === 0) yield [file, 'a pinned package', undefined, 'NOIR_VERSION'];
    for (const name of named) yield [file, name, dependencies[name], PACKAGES[name]];
  }
  for (const lock of succeed('git', ['ls-files', '--', '*package-lock.json'], root).stdout.trim().split('\n')) {
    for (const [place, entry] of Object.entries(JSON.parse(read(lock)).packages)) {
      const name = place.split('node_modules/').at(-1);
      if (name in PACKAGES) yield [lock, name, entry.version, PACKAGES[name]];
    }
  }
  for (const [file, pattern, key] of QUOTES) yield [file, key, pattern.exec(read(file))?.[1], key];
  for (const [program, { dependencies }] of Object.entries(JSON.parse(read('programs/programs.lock')).programs)) {
    const anchor = dependencies.find((line) => line.startsWith('anchor-lang '))?.split(' ')[1];
    yield ['programs/programs.lock', `anchor-lang of ${program}`, anchor, 'ANCHOR_VERSION'];
  }
}

// Says how many places agree, or throws with those that do not.
export function agree(root) {
  const pins = readPins(root);
  const wrong = [];
  const files = new Set();
  let count = 0;
  for (const [file, what, version, key] of places(root)) {
    count += 1;
    files.add(file);
    const pinned = versionOf(what, pins[key]);
    if (pinned === undefined || version !== pinned) {
      wrong.push(`${file}: ${what} is ${version ?? 'not there'}, but pins.env says ${key}=${pins[key]}`);
    }
  }
  for (const [key, value] of Object.entries(pins).filter(([key]) => DISTINCT.test(key))) {
    const found = filesWith(root, value).filter((file) => !files.has(file) && !MAY_NAME.test(file));
    wrong.push(
      ...found.map((file) => `${file}: has the value of ${key}: read it from pins.env, or list it in pins.mjs`),
    );
  }
  if (wrong.length > 0) throw new Error(wrong.join('\n'));
  return `${count} places in ${files.size} files agree with pins.env`;
}

// Files with this text: what git knows, and what is new.
function filesWith(root, text) {
  const args = ['grep', '--untracked', '-l', '-F', '-I', '-e', text];
  return succeed('git', args, root).stdout.trim().split('\n').filter(Boolean);
}
