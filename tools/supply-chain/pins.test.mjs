import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { agree } from './pins.mjs';
import { succeed } from './run.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const READ = [
  'pins.env',
  'Cargo.toml',
  'Cargo.lock',
  'fuzz/Cargo.lock',
  'circuits/package.json',
  'circuits/package-lock.json',
  'cli/src/bench/fleet/wasm/package.json',
  'cli/src/bench/fleet/wasm/package-lock.json',
  'sdk/package.json',
  'package-lock.json',
  'circuits/ownership/ownership.json',
  'sdk/src/generated/pins.ts',
  'docs/messages.md',
  'crates/ultrahonk/PROVENANCE.md',
  'programs/programs.lock',
];

// The files that name a version, in a repository of their own.
const copy = mkdtempSync(join(tmpdir(), 'veilpass-pins-'));
for (const file of READ) {
  mkdirSync(dirname(join(copy, file)), { recursive: true });
  cpSync(join(root, file), join(copy, file));
}
succeed('git', ['init', '--quiet'], copy);
succeed('git', ['add', '--all'], copy);
after(() => rmSync(copy, { recursive: true }));

// What is said when one file is changed, which is undone.
function changed(file, before, now) {
  const text = readFileSync(join(copy, file), 'utf8');
  assert.match(text, before, `${file} has nothing to change`);
  writeFileSync(join(copy, file), text.replace(before, now));
  try {
    return agree(copy);
  } finally {
    writeFileSync(join(copy, file), text);
  }
}

test('the places of this repository agree', () => {
  assert.match(agree(root), /^\d+ places in \d+ files agree with pins\.env$/);
  assert.equal(agree(copy), agree(root));
});

for (const [file, before, now, message] of [
  [
    'Cargo.toml',
    /^anchor-lang = \{ version = "=[^"]*"/m,
    'anchor-lang = { version = "=0.1.0"',
    /anchor-lang is 0\.1\.0.*ANCHOR_/,
  ],
  ['Cargo.toml', /^acvm = \{ version = "=/m, 'acvm = { version = "', /Cargo\.toml: acvm is not there/],
  [
    'Cargo.lock',
    /name = "barretenberg-rs"\nversion = ".*"/,
    'name = "barretenberg-rs"\nversion = "0.1.0"',
    /barretenberg-rs is 0\.1\.0/,
  ],
  ['Cargo.lock', /name = "acvm"/, 'name = "other"', /Cargo\.lock: acvm is not there/],
  [
    'fuzz/Cargo.lock',
    /$/,
    '\n[[package]]\nname = "anchor-lang"\nversion = "0.1.0"\n',
    /fuzz\/Cargo\.lock: anchor-lang is 0\.1\.0/,
  ],
  [
    'circuits/package.json',
    /"@noir-lang\/noir_wasm": ".*"/,
    '"@noir-lang/noir_wasm": "0.1.0"',
    /circuits\/package\.json: @noir-lang\/noir_wasm is 0\.1\.0/,
  ],
  ['sdk/package.json', /"@aztec\/bb\.js": "/, '"@aztec/bb.js": "^', /sdk\/package\.json: @aztec\/bb\.js is \^/],
  [
    'package-lock.json',
    /("node_modules\/@noir-lang\/acvm_js": \{\s*"version": ").*"/,
    '$10.1.0"',
    /acvm_js is 0\.1\.0/,
  ],
  [
    'circuits/ownership/ownership.json',
    /"noir_version": "/,
    '"noir_version": "0.',
    /ownership\.json: NOIR_VERSION is 0\./,
  ],
  ['sdk/src/generated/pins.ts', /bbVersion: '/, "bbVersion: '0.", /pins\.ts: BB_VERSION is 0\./],
  ['programs/programs.lock', /"anchor-lang \S+ /, '"anchor-lang 0.1.0 ', /anchor-lang of example-gate is 0\.1\.0/],
  ['pins.env', /^OWNERSHIP_GATES=.*\n/m, '', /OWNERSHIP_GATES is \d+, but pins\.env says OWNERSHIP_GATES=undefined/],
]) {
  test(`another version in ${file} is named: ${message}`, () =>
    assert.throws(() => changed(file, before, now), message));
}

test('a pin that a new file repeats is found', () => {
  const [, version] = /^BB_VERSION=(.*)$/m.exec(readFileSync(join(copy, 'pins.env'), 'utf8'));
  writeFileSync(join(copy, 'install.sh'), `bb=${version}\n`);
  assert.throws(() => agree(copy), /install\.sh: has the value of BB_VERSION/);
  rmSync(join(copy, 'install.sh'));
});
