import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { integrity, isAccepted, licences } from './npm.mjs';

const allowed = new Set(['MIT', 'Apache-2.0', 'Zlib']);

test('an expression is met by one part of an OR and by all of an AND', () => {
  for (const accepted of ['MIT', '(MIT AND Zlib)', 'GPL-3.0 OR MIT', '(MIT OR GPL-3.0)']) {
    assert(isAccepted(accepted, allowed), accepted);
  }
  for (const refused of [
    'GPL-3.0',
    'MIT AND GPL-3.0',
    'UNLICENSED',
    '',
    'SEE LICENSE IN LICENSE',
    '(MIT) OR (GPL-3.0)',
  ]) {
    assert(!isAccepted(refused, allowed), refused);
  }
});

function lockOf(entry) {
  const root = mkdtempSync(join(tmpdir(), 'veilpass-lock-'));
  const packages = { '': {}, 'node_modules/a': { version: '1.0.0', integrity: 'sha512-x', ...entry } };
  writeFileSync(join(root, 'package-lock.json'), JSON.stringify({ packages }));
  return root;
}

test('what is shipped may have fewer licences than what only builds', () => {
  const name = 'package-lock.json';
  assert.equal(licences(lockOf({ license: 'MPL-2.0', dev: true }), name), '1 MPL-2.0');
  for (const entry of [{ license: 'MPL-2.0' }, { license: 'GPL-3.0', dev: true }, {}]) {
    assert.throws(() => licences(lockOf(entry), name), /node_modules\/a 1\.0\.0/);
  }
});

test('a package without a checksum, or from a named place, is refused', () => {
  const name = 'package-lock.json';
  assert.equal(integrity(lockOf({}), name), '1 packages with SHA-512');
  for (const entry of [{ integrity: undefined }, { integrity: 'sha1-x' }, { resolved: 'https://a.example/a.tgz' }]) {
    assert.throws(() => integrity(lockOf(entry), name), /node_modules\/a/);
  }
});
