// Compiles the Noir packages of this folder and computes the protocol's test vectors.
//
//   node compile.mjs NODE_MODULES OUT_DIR
//
// NODE_MODULES holds what package.json pins. Writes OUT_DIR/ownership.json (the circuit's artefact: compiler version, ABI
// and bytecode; no debug symbols or sources, which would carry absolute paths) and OUT_DIR/vectors.json. Nothing is
// written by another compiler than the one of ../pins.env.
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const [nodeModules, outDir] = process.argv.slice(2).map((path) => resolve(path));
const require = createRequire(join(nodeModules, 'require.cjs'));
const { compile, createFileManager } = require('@noir-lang/noir_wasm');
const { Noir } = require('@noir-lang/noir_js');

const here = dirname(fileURLToPath(import.meta.url));
const quiet = () => {};

async function compilePackage(name) {
  const { program, warnings } = await compile(createFileManager(join(here, name)), undefined, quiet, console.error);
  if (warnings.length > 0) throw new Error(`${name}: ${JSON.stringify(warnings)}`);
  return program;
}

function write(name, value) {
  writeFileSync(join(outDir, name), JSON.stringify(value, null, 2) + '\n');
}

const pinned = /^NOIR_VERSION=(.*)$/m.exec(readFileSync(join(here, '../pins.env'), 'utf8'))?.[1];
const { noir_version, hash, abi, bytecode } = await compilePackage('ownership');
if (noir_version.split('+')[0] !== pinned) {
  throw new Error(
    `the compiler in ${nodeModules} is Noir ${noir_version}, but pins.env says NOIR_VERSION=${pinned}: ` +
      'circuits/package.json and its lock must say the same',
  );
}
write('ownership.json', { noir_version, hash, abi, bytecode });

const R = 0x30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001n;
const field = (value) => '0x' + value.toString(16).padStart(64, '0');
// A fixed sequence of field elements: powers of a number without structure.
const draw = (start) => {
  let value = start;
  return () => field((value = (value * value + 0x9e3779b97f4a7c15n) % R));
};

function inputs(start, leafIndex, fixed = {}) {
  const next = draw(start);
  const drawn = {
    registry_id: next(),
    track_id: next(),
    epoch: field(BigInt(next()) & 0xffffffffffffffffn),
    identity_secret: next(),
    token_id: next(),
    leaf_index_bits: Array.from({ length: 32 }, (_, i) => ((leafIndex >>> i) & 1) === 1),
    siblings: Array.from({ length: 32 }, next),
  };
  return { ...drawn, ...fixed };
}

const zero = field(0n);
const largest = field(R - 1n);
const cases = [
  ['index 0', inputs(3n, 0)],
  ['index 4711', inputs(5n, 4711)],
  ['largest index', inputs(7n, 0xffffffff)],
  ['zeros', inputs(11n, 0, { registry_id: zero, track_id: zero, epoch: zero, identity_secret: zero, token_id: zero, siblings: Array(32).fill(zero) })],
  ['largest elements', inputs(13n, 0x55555555, { registry_id: largest, track_id: largest, identity_secret: largest, token_id: largest, siblings: Array(32).fill(largest) })],
];

const noir = new Noir(await compilePackage('vectors'));
const vectors = [];
for (const [name, input] of cases) {
  const { returnValue } = await noir.execute(input);
  const [p0, p1, p2, p3, commitment, leaf, node_of_commitment_and_leaf, scope, nullifier, merkle_root] = returnValue.map((value) => field(BigInt(value)));
  vectors.push({
    name,
    input,
    output: { permutation_of_0_1_2_3: [p0, p1, p2, p3], commitment, leaf, node_of_commitment_and_leaf, scope, nullifier, merkle_root },
  });
}

// What the protocol makes with SHA-256, outside the circuit: an implementation of its own, to hold the Rust one to it.
function sha256_248(domain, ...parts) {
  const hash = createHash('sha256').update(domain).update(Buffer.from([0]));
  for (const part of parts) {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(part.length);
    hash.update(length).update(part);
  }
  return '0x00' + hash.digest('hex').slice(0, 62);
}
const address = Buffer.from(Array.from({ length: 32 }, (_, i) => i));
const session = {
  audience: 'https://listen.example',
  session_public_key: address.toString('hex'),
  expires_at: 1800000000,
  program_id: '11111111111111111111111111111111',
  cluster: 'localnet',
};
const expiry = Buffer.alloc(8);
expiry.writeBigUInt64BE(BigInt(session.expires_at));
const identifiers = {
  address: address.toString('hex'),
  registry_id: sha256_248('veilpass.v1.registry-id', address),
  token_id: sha256_248('veilpass.v1.token-id', address),
  track_slug: 'first-light',
  track_id: sha256_248('veilpass.v1.track-id', Buffer.from('first-light')),
  session,
  context: sha256_248('veilpass.v1.context', Buffer.from(session.audience), address, expiry, Buffer.from(session.program_id), Buffer.from(session.cluster)),
};

write('vectors.json', { about: 'Computed by the Noir package circuits/vectors; ./veilpass circuits build writes this file.', vectors, identifiers });
process.exit(0);
