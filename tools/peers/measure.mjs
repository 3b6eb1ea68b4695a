// Measures Semaphore v4 at depth 32, on the machine it runs on: one JSON object a line.
//
//   node measure.mjs [--samples 10] [--members 1000] [--depth 32]
//
// Proving key and witness generator are files of the npm package @zk-kit/semaphore-artifacts, so nothing is downloaded; a request
// that some library makes all the same ends the run.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus, loadavg } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { Group, generateProof, Identity, verifyProof } from '@semaphore-protocol/core';

const { values: options } = parseArgs({
  options: {
    samples: { type: 'string', default: '10' },
    members: { type: 'string', default: '1000' },
    depth: { type: 'string', default: '32' },
  },
});
const [samples, members, depth] = [options.samples, options.members, options.depth].map(Number);
if (![samples, members, depth].every((number) => Number.isInteger(number) && number > 0) || depth > 32) {
  console.error('--samples, --members and --depth are whole numbers above 0, and a depth is at most 32');
  process.exit(2);
}
globalThis.fetch = () => {
  console.error('a library wants to download something: the artifacts are not the ones that it expects');
  process.exit(1);
};

const require = createRequire(import.meta.url);
const manifest = (name) => require(`./node_modules/${name}/package.json`);
const artifacts = dirname(require.resolve('@zk-kit/semaphore-artifacts/package.json'));
const file = (extension) => join(artifacts, `semaphore-${depth}.${extension}`);
const snark = { wasm: file('wasm'), zkey: file('zkey') };

// Members whose secrets are their numbers: the group is the same in each run.
const identities = Array.from({ length: members }, (_, number) => new Identity(`member ${number}`));
const group = new Group(identities.map((identity) => identity.commitment));
const prove = (number) =>
  generateProof(identities[number % members], group, `message ${number}`, `scope ${number}`, depth, snark);

const since = (start) => performance.now() - start;
const cold = performance.now();
const first = await prove(0);
const firstMs = since(cold);
if (!(await verifyProof(first))) throw new Error('a proof does not hold');
if (await verifyProof({ ...first, message: '1' })) throw new Error('a proof of another message holds');

const [proveMs, cpuMs, verifyMs] = [[], [], []];
for (let sample = 1; sample <= samples; sample++) {
  const [start, cpu] = [performance.now(), process.cpuUsage()];
  const proof = await prove(sample);
  proveMs.push(since(start));
  const used = process.cpuUsage(cpu);
  cpuMs.push((used.user + used.system) / 1000);
  const checked = performance.now();
  if (!(await verifyProof(proof))) throw new Error('a proof does not hold');
  verifyMs.push(since(checked));
}

// The nearest rank: a value that was measured.
const percentile = (values, percent) =>
  values.toSorted((a, b) => a - b)[Math.max(Math.ceil((percent / 100) * values.length), 1) - 1];
// Not process.resourceUsage(): its maximum begins with what the process that started this one had.
const status = readFileSync('/proc/self/status', 'utf8');
const megabytes = (key) => (1024 * Number(status.match(new RegExp(`^${key}:\\s+(\\d+) kB`, 'm'))[1])) / 1e6;
const context = {
  peer: `@semaphore-protocol/core ${manifest('@semaphore-protocol/core').version}`,
  artifacts: `@zk-kit/semaphore-artifacts ${manifest('@zk-kit/semaphore-artifacts').version}`,
  snarkjs: manifest('snarkjs').version,
  proof_system: 'Groth16 on BN254, a set-up for each circuit',
  depth,
  members,
  samples,
  includes: 'witness and proof; the keys are read from files for each proof',
  node: process.version,
  machine: { cpu: cpus()[0]?.model, cores: cpus().length, load_1_min: loadavg()[0] },
};
const line = (name, value, unit) =>
  console.log(JSON.stringify({ name, value: Math.round(value * 1000) / 1000, unit, context }));
line('semaphore_v4_prove_p50_ms', percentile(proveMs, 50), 'ms');
line('semaphore_v4_prove_p95_ms', percentile(proveMs, 95), 'ms');
line('semaphore_v4_prove_cpu_p50_ms', percentile(cpuMs, 50), 'ms of processor');
line('semaphore_v4_start_and_first_proof_ms', firstMs, 'ms');
line('semaphore_v4_verify_p50_ms', percentile(verifyMs, 50), 'ms');
line('semaphore_v4_rss_mb', megabytes('VmRSS'), 'MB');
line('semaphore_v4_rss_peak_mb', megabytes('VmHWM'), 'MB');
// Eight numbers below the order of the base field: two points of G1 and one of G2, not compressed.
line('semaphore_v4_proof_bytes', first.points.length * 32, 'bytes');
line('semaphore_v4_proving_key_bytes', readFileSync(snark.zkey).length + readFileSync(snark.wasm).length, 'bytes');
// snarkjs keeps worker threads.
process.exit(0);
