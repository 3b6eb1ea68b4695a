// What is installed or compiled with is what pins.env names, or nothing is made.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { readPins } from './pins.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const pins = readPins(root);
const work = mkdtempSync(join(tmpdir(), 'veilpass-refusals-'));
after(() => rmSync(work, { recursive: true }));

function put(path, text, mode) {
  mkdirSync(dirname(join(work, path)), { recursive: true });
  writeFileSync(join(work, path), text, { mode });
}

test('./veilpass does not install another bb than the pinned one', { skip: process.platform !== 'linux' }, () => {
  const platform = { x64: 'amd64-linux', arm64: 'arm64-linux' }[process.arch];
  put(`made/package/build/${platform}/bb`, '#!/bin/sh\necho 0.1.0\n', 0o755);
  put('bin/npm', `#!/bin/sh\n[ "$1" = pack ] && exec tar -czf ./given.tgz -C "${work}/made" package\n`, 0o755);
  const { VEILPASS_BB: _, ...environment } = process.env;
  const env = { ...environment, PATH: `${work}/bin:${process.env.PATH}`, VEILPASS_CACHE: join(work, 'cache') };
  const { status, stderr } = spawnSync(join(root, 'veilpass'), ['circuits', 'build'], { encoding: 'utf8', env });
  assert.equal(status, 1);
  assert.match(stderr, /has SHA-256 [0-9a-f]{64}, not the pinned/);
  assert.deepEqual(readdirSync(join(work, 'cache', `bb-${pins.BB_VERSION}`)), []);
});

function compile(version) {
  const program = { noir_version: version, hash: '1', abi: {}, bytecode: '' };
  const compiler = `exports.createFileManager = () => {}; exports.compile = () => ({ program: ${JSON.stringify(program)}, warnings: [] });`;
  const out = mkdtempSync(join(work, 'out-'));
  const modules = join(work, 'node_modules');
  put('node_modules/@noir-lang/noir_wasm/index.js', compiler);
  put(
    'node_modules/@noir-lang/noir_js/index.js',
    'exports.Noir = class { execute() { throw new Error("no circuit"); } };',
  );
  const { stderr } = spawnSync(process.execPath, [join(root, 'circuits/compile.mjs'), modules, out], {
    encoding: 'utf8',
  });
  return { stderr, files: readdirSync(out) };
}

test('another compiler than the pinned Noir writes no circuit', () => {
  const other = compile('0.1.0+0123');
  assert.deepEqual(other.files, []);
  assert.ok(
    other.stderr.includes(`is Noir 0.1.0+0123, but pins.env says NOIR_VERSION=${pins.NOIR_VERSION}`),
    other.stderr,
  );
  assert.deepEqual(compile(`${pins.NOIR_VERSION}+0123`).files, ['ownership.json']);
});
