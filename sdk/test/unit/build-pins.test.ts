// The build refuses packages, a circuit or generated pins of other versions than those of pins.env.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const READ = ['pins.env', 'sdk/package.json', 'sdk/scripts', 'sdk/src/generated/pins.ts', 'circuits/ownership'];
let copy = '';

/** What the build needs, elsewhere, with one file changed; runs the build of the assets there. */
function build(path: string, before: string | RegExp, after: string) {
  copy = mkdtempSync(join(tmpdir(), 'veilpass-pins-'));
  for (const file of READ) cpSync(join(root, file), join(copy, file), { recursive: true });
  const name = '@aztec/bb.js';
  for (const one of [name, '@noir-lang/acvm_js']) {
    mkdirSync(join(copy, 'node_modules', one, '..'), { recursive: true });
    symlinkSync(join(root, 'node_modules', one), join(copy, 'node_modules', one));
  }
  if (path === 'installed') {
    rmSync(join(copy, 'node_modules', name));
    mkdirSync(join(copy, 'node_modules', name));
    writeFileSync(join(copy, 'node_modules', name, 'package.json'), JSON.stringify({ name, version: after }));
  } else {
    const text = readFileSync(join(copy, path), 'utf8');
    expect(text).toMatch(before);
    writeFileSync(join(copy, path), text.replace(before, after));
  }
  return spawnSync(process.execPath, [join(copy, 'sdk/scripts/assets.mjs')], { encoding: 'utf8' });
}

afterEach(() => rmSync(copy, { recursive: true, force: true }));

test('as it is, it builds', () => {
  expect(build('pins.env', /^/, '').status).toBe(0);
  expect(existsSync(join(copy, 'sdk/assets/acvm.wasm'))).toBe(true);
});

test.each([
  ['pins.env', /^NOIR_VERSION=.*/m, 'NOIR_VERSION=0.1.0', 'pins.env says NOIR_VERSION=0.1.0'],
  ['pins.env', /^BB_VERSION=.*/m, 'BB_VERSION=0.1.0', 'bbVersion in sdk/src/generated/pins.ts is'],
  ['sdk/package.json', /"@aztec\/bb.js": ".*"/, '"@aztec/bb.js": "0.1.0"', '@aztec/bb.js in sdk/package.json is 0.1.0'],
  [
    'sdk/package.json',
    /"@noir-lang\/acvm_js": ".*"/,
    '"@noir-lang/acvm_js": "^1"',
    '@noir-lang/acvm_js in sdk/package.json is ^1',
  ],
  ['installed', '', '0.1.0', '@aztec/bb.js that is installed is 0.1.0, but pins.env says BB_NPM_PACKAGE='],
  [
    'circuits/ownership/ownership.json',
    /"noir_version": "/,
    '"noir_version": "0.',
    'circuits/ownership/ownership.json is 0.',
  ],
])('%s: %s is refused', (path, before, after, message) => {
  const { status, stderr } = build(path, before, after);
  expect(stderr).toContain(message);
  expect(status).toBe(1);
  expect(existsSync(join(copy, 'sdk/assets'))).toBe(false);
});
