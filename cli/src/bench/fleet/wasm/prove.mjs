// Proves one witness again and again with Barretenberg's wasm, on one thread: what a service in Node would do.
//
//   node prove.mjs NODE_MODULES DIR SAMPLES
//
// DIR holds bytecode and witness (both not compressed), vk, g1 and g2 (the reference string, points not compressed). Writes proof
// and public_inputs there, and one JSON line with the times.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [modules, dir, samples] = process.argv.slice(2);
const { Barretenberg, BackendType } = await import(pathToFileURL(join(modules, '@aztec/bb.js/dest/node/index.js')));
const read = (name) => new Uint8Array(readFileSync(join(dir, name)));

const started = performance.now();
// Without skipSrsInit it would download a reference string. The default memory reserves 4 GiB of addresses.
const api = await Barretenberg.new({
  backend: BackendType.Wasm,
  threads: 1,
  skipSrsInit: true,
  memory: { maximum: 1024 },
});
const points = read('g1');
await api.srsInitSrs({ pointsBuf: points, numPoints: points.length / 64, g2Point: read('g2') });

// UltraHonk with a Keccak transcript and zero knowledge: what `bb -t evm` selects.
const settings = { ipaAccumulation: false, oracleHashType: 'keccak', disableZk: false, optimizedSolidityVerifier: false };
const circuit = { name: 'ownership', bytecode: read('bytecode'), verificationKey: read('vk') };
const witness = read('witness');
const prove = () => api.circuitProve({ witness, circuit, settings });

await prove();
const startMs = performance.now() - started;
const proofMs = [];
let last;
for (let sample = 0; sample < Number(samples); sample++) {
  const since = performance.now();
  last = await prove();
  proofMs.push(performance.now() - since);
}
writeFileSync(join(dir, 'proof'), Buffer.concat(last.proof));
writeFileSync(join(dir, 'public_inputs'), Buffer.concat(last.publicInputs));

// Not process.resourceUsage(): its maximum begins with what the process that started this one had.
const status = readFileSync('/proc/self/status', 'utf8');
const bytes = (key) => 1024 * Number(status.match(new RegExp(`^${key}:\\s+(\\d+) kB`, 'm'))[1]);
console.log(JSON.stringify({ startMs, proofMs, residentBytes: bytes('VmRSS'), peakBytes: bytes('VmHWM') }));
await api.destroy();
