import assert from 'node:assert/strict';
import { test } from 'node:test';

import { normalised, parseTree, render } from './third-party.mjs';

test('licences that say the same are counted together', () => {
  for (const same of ['MIT OR Apache-2.0', 'MIT/Apache-2.0', 'Apache-2.0 / MIT', '(Apache-2.0 OR MIT)']) {
    assert.equal(normalised(same), 'Apache-2.0 OR MIT');
  }
  assert.equal(normalised('MIT AND BSD-3-Clause'), 'BSD-3-Clause AND MIT');
  // These mean something else when they are ordered.
  for (const kept of ['(MIT OR Apache-2.0) AND Unicode-3.0', 'MIT AND Zlib OR ISC', 'Apache-2.0 WITH LLVM-exception']) {
    assert.equal(normalised(kept), kept);
  }
});

test('of a tree, each registry package once, and none of ours', () => {
  const tree =
    'veilpass-api v0.1.0 (/w/api)|Apache-2.0\nb v1.0.0|MIT\n\na v2.0.0|MIT/ISC\nb v1.0.0|MIT\nb v0.9.0|MIT\n';
  assert.deepEqual(parseTree(tree), [
    ['a', '2.0.0', 'ISC OR MIT'],
    ['b', '0.9.0', 'MIT'],
    ['b', '1.0.0', 'MIT'],
  ]);
  assert.throws(() => parseTree('a v1.0.0|\n'), /a 1\.0\.0 says no licence/);
  assert.throws(() => parseTree('error: no such package\n'), /cargo tree printed/);
});

test('the document has every entry, and counts of licences', () => {
  const crates = [
    ['a', '1.0.0', 'MIT'],
    ['b', '1.0.0', 'ISC'],
  ];
  const npm = [['bb', '5.0.0', 'MIT']];
  const text = render({ about: 'All.', workspace: '.' }, crates, npm, {
    BB_NPM_PACKAGE: 'bb@5.0.0',
    BB_VERSION: '5.0',
  });
  const lines = [
    '2 crates, 1 npm packages.',
    '| MIT | 2 |',
    '| ISC | 1 |',
    '| a | 1.0.0 | MIT |',
    '| b | 1.0.0 | ISC |',
  ];
  for (const line of [...lines, '| bb | 5.0.0 | MIT |', '| bb, of the npm package bb@5.0.0 | 5.0 | MIT |']) {
    assert.ok(text.includes(`${line}\n`), `${line} in\n${text}`);
  }
});
