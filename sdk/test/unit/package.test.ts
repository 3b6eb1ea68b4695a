// What is generated is what its sources make; what is shipped has no host in it, and nothing that it should not need.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { PINS } from '../../src/pins.ts';

const sdk = fileURLToPath(new URL('../../', import.meta.url));
const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url));
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

test('types of the API, names of the program, and pins are those of this repository', () => {
  execFileSync(process.execPath, ['scripts/generate.mjs', '--check'], { cwd: sdk });
});

test('the pins are those of the circuit', () => {
  expect(PINS.circuitSha256).toBe(sha256(read('circuits/ownership/ownership.json')));
  expect(PINS.verificationKeyHash).toBe(`0x${read('circuits/ownership/vk_hash').toString('hex')}`);
  expect(PINS.verificationKeySha256).toBe(sha256(read('circuits/ownership/vk')));
  const versions = JSON.parse(read('sdk/package.json').toString()).dependencies;
  expect(versions['@noir-lang/acvm_js']).toBe(PINS.noirVersion);
  expect(`@aztec/bb.js@${versions['@aztec/bb.js']}`).toBe(
    /^BB_NPM_PACKAGE=(.*)$/m.exec(read('pins.env').toString())?.[1],
  );
});

test('versions are exact, and the lock names no host', () => {
  const { dependencies, devDependencies } = JSON.parse(read('sdk/package.json').toString());
  for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies })) {
    expect(version, name).toMatch(/^\d+\.\d+\.\d+(-[\w.]+)?$/);
  }
  expect(read('package-lock.json').toString()).not.toMatch(/https?:\/\/registry/);
});

test('sources write nothing to the console or to storage', () => {
  const sources = readdirSync(`${sdk}src`, { recursive: true, encoding: 'utf8' }).filter((path) =>
    path.endsWith('.ts'),
  );
  expect(sources.length).toBeGreaterThan(30);
  for (const path of sources) {
    const text = readFileSync(`${sdk}src/${path}`, 'utf8');
    if (path.startsWith('generated')) continue;
    expect(text, path).not.toMatch(/console\.|localStorage|sessionStorage|indexedDB|eval\(|new Function/);
  }
});

test.skipIf(!existsSync(`${sdk}assets/circuit.json`))('the assets are cut from the pinned packages', () => {
  const { bytecode } = JSON.parse(read('sdk/assets/circuit.json').toString());
  expect(sha256(Buffer.from(bytecode, 'base64'))).toBe(PINS.bytecodeSha256);
  expect(sha256(read('sdk/assets/vk'))).toBe(PINS.verificationKeySha256);
  for (const name of ['barretenberg.wasm', 'barretenberg-threads.wasm', 'acvm.wasm']) {
    expect(read(`sdk/assets/${name}`).subarray(0, 8).toString('hex'), name).toBe('0061736d01000000');
  }
});
