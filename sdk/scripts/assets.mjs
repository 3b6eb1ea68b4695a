// Lays out what a page loads from its own origin, in sdk/assets: the circuit and its key, and the wasm of Barretenberg
// and acvm. Refuses other versions than those of pins.env.
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { mismatches } from './pins.mjs';

const sdk = join(dirname(fileURLToPath(import.meta.url)), '..');
const assets = join(sdk, 'assets');
const require = createRequire(import.meta.url);

const found = mismatches(join(sdk, '..'));
if (found.length > 0) {
  console.error(`${found.join('\n')}\nNothing was built: make them agree, then npm ci`);
  process.exit(1);
}
mkdirSync(assets, { recursive: true });

const circuit = join(sdk, '../circuits/ownership');
const { noir_version, hash, abi, bytecode } = JSON.parse(readFileSync(join(circuit, 'ownership.json')));
writeFileSync(join(assets, 'circuit.json'), JSON.stringify({ noir_version, hash, abi, bytecode }));
copyFileSync(join(circuit, 'vk'), join(assets, 'vk'));

// The package has the wasm as files for Node only, and one of the two not at all: for browsers both are base64 in
// modules.
const bb = join(dirname(require.resolve('@aztec/bb.js')), '../..');
for (const name of ['barretenberg', 'barretenberg-threads']) {
  const module = join(bb, `dest/browser/barretenberg_wasm/fetch_code/browser/${name}.js`);
  const base64 = /base64,([^"]+)"/.exec(readFileSync(module, 'utf8'))?.[1];
  if (!base64) throw new Error(`${module} has no base64 data: another version of @aztec/bb.js?`);
  writeFileSync(join(assets, `${name}.wasm`), gunzipSync(Buffer.from(base64, 'base64')));
}
const acvm = join(dirname(require.resolve('@noir-lang/acvm_js')), '..');
copyFileSync(join(acvm, 'web/acvm_js_bg.wasm'), join(assets, 'acvm.wasm'));

for (const name of ['circuit.json', 'vk', 'barretenberg.wasm', 'barretenberg-threads.wasm', 'acvm.wasm']) {
  const bytes = readFileSync(join(assets, name));
  console.log(`${createHash('sha256').update(bytes).digest('hex')}  ${name}  ${bytes.length}`);
}
