// The packages that the assets are cut from are those of pins.env, by the manifest and as they are installed; so is the
// circuit. Assets of another version would prove what nobody can check.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/** The values of pins.env. */
export function readPins(root) {
  const lines = readFileSync(join(root, 'pins.env'), 'utf8').split('\n');
  return Object.fromEntries(lines.filter((line) => /^\w+=/.test(line)).map((line) => line.split(/=(.*)/s).slice(0, 2)));
}

/** The version of a package as the SDK finds it. */
function installed(root, name) {
  const folders = createRequire(join(root, 'sdk/package.json')).resolve.paths(name);
  const manifest = folders.map((folder) => join(folder, name, 'package.json')).find((path) => existsSync(path));
  return manifest ? JSON.parse(readFileSync(manifest, 'utf8')).version : 'missing';
}

/** Every way in which what is built from differs from pins.env: a line each. */
export function mismatches(root) {
  const pins = readPins(root);
  const json = (path) => JSON.parse(readFileSync(join(root, path), 'utf8'));
  const { dependencies } = json('sdk/package.json');
  const found = [];
  const expect = (what, version, key, pinned) => {
    if (version !== pinned) found.push(`${what} is ${version}, but pins.env says ${key}=${pins[key]}`);
  };
  for (const [name, key] of [
    ['@aztec/bb.js', 'BB_NPM_PACKAGE'],
    ['@noir-lang/acvm_js', 'NOIR_VERSION'],
  ]) {
    const pinned = pins[key]?.replace(`${name}@`, '');
    expect(`${name} in sdk/package.json`, dependencies[name], key, pinned);
    expect(`${name} that is installed`, installed(root, name), key, pinned);
  }
  const { noir_version } = json('circuits/ownership/ownership.json');
  expect(
    'the compiler of circuits/ownership/ownership.json',
    noir_version.split('+')[0],
    'NOIR_VERSION',
    pins.NOIR_VERSION,
  );
  const generated = readFileSync(join(root, 'sdk/src/generated/pins.ts'), 'utf8');
  for (const [name, key] of [
    ['bbVersion', 'BB_VERSION'],
    ['noirVersion', 'NOIR_VERSION'],
  ]) {
    const version = new RegExp(`^  ${name}: '(.*)',$`, 'm').exec(generated)?.[1];
    expect(`${name} in sdk/src/generated/pins.ts`, version, key, pins[key]);
  }
  return found;
}
