// Writes reference.json: what Barretenberg's own Solidity verifier computes, run in an EVM, at values of our choice. It holds
// the parts of this crate to the reference that no circuit of fewer than 2^13 rows reaches: the foreign-field relation, and
// pairing points that are not the default.
//
//   npm install solc@0.8.30 @ethereumjs/evm@10 @ethereumjs/util@10      (in a folder of its own)
//   node generate.mjs NODE_MODULES BB
//
// BB is the pinned Barretenberg binary (pins.env), which prints the verifier.
import { createRequire } from 'node:module';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const [nodeModules, bb] = process.argv.slice(2).map((path) => resolve(path));
const require = createRequire(join(nodeModules, 'require.cjs'));
const solc = require('solc');
const { createEVM } = require('@ethereumjs/evm');
const { bytesToHex, createAddressFromString, hexToBytes } = require('@ethereumjs/util');
const here = dirname(fileURLToPath(import.meta.url));

// The verifier as bb prints it, and a contract that opens two of its parts.
const work = mkdtempSync(join(tmpdir(), 'vectors-'));
const printed = join(work, 'verifier.sol');
execFileSync(bb, ['write_solidity_verifier', '-t', 'evm', '-k', join(here, '../fixtures/ownership/vk'), '-o', printed], { stdio: 'ignore' });
const verifier = readFileSync(printed, 'utf8').replace(/external pure returns \(Fr accumulator\)/, 'internal pure returns (Fr accumulator)');
rmSync(work, { recursive: true });
const opened = `
contract Reference {
    // 41 evaluations, eta, beta, gamma, public-input delta, 28 powers of alpha, row separator.
    function relations(Fr[41] memory e, Fr[4] memory p, Fr[28] memory alphas, Fr separator) external pure returns (Fr) {
        return RelationsLib.accumulateRelationEvaluations(e, Honk.RelationParameters(p[0], p[1], p[2], p[3]), alphas, separator);
    }
    // The limbs of the carried points, then this proof's points as multiples of the generator.
    function aggregate(Fr[8] memory limbs, Fr[2] memory scalars) external view returns (Honk.G1Point[4] memory points) {
        Honk.G1Point memory generator = Honk.G1Point(1, 2);
        points[0] = ecMul(scalars[0], generator);
        points[1] = ecMul(scalars[1], generator);
        Fr separator = generateRecursionSeparator(limbs, points[0], points[1]);
        (Honk.G1Point memory left, Honk.G1Point memory right) = convertPairingPointsToG1(limbs);
        rejectPointAtInfinity(left);
        rejectPointAtInfinity(right);
        points[2] = mulWithSeperator(points[0], left, separator);
        points[3] = mulWithSeperator(points[1], right, separator);
    }
    function multiple(Fr scalar) external view returns (Honk.G1Point memory) {
        return ecMul(scalar, Honk.G1Point(1, 2));
    }
}
`;
const output = JSON.parse(
  solc.compile(
    JSON.stringify({
      language: 'Solidity',
      sources: { 'a.sol': { content: verifier + opened } },
      settings: { optimizer: { enabled: true, runs: 1 }, outputSelection: { '*': { Reference: ['evm.deployedBytecode.object', 'evm.methodIdentifiers'] } } },
    }),
  ),
);
const errors = (output.errors ?? []).filter(({ severity }) => severity === 'error');
if (errors.length > 0) throw new Error(errors.map(({ formattedMessage }) => formattedMessage).join('\n'));
const { deployedBytecode, methodIdentifiers } = output.contracts['a.sol'].Reference.evm;

const evm = await createEVM();
const contract = createAddressFromString('0x00000000000000000000000000000000000000c0');
await evm.stateManager.putCode(contract, hexToBytes('0x' + deployedBytecode.object));
const word = (value) => value.toString(16).padStart(64, '0');
async function call(name, words) {
  const selector = Object.entries(methodIdentifiers).find(([signature]) => signature.startsWith(name + '('))[1];
  const { execResult } = await evm.runCall({ to: contract, data: hexToBytes('0x' + selector + words.map(word).join('')), gasLimit: 1n << 40n });
  if (execResult.exceptionError) throw new Error(`${name}: ${execResult.exceptionError.error}`);
  return bytesToHex(execResult.returnValue).slice(2).match(/.{64}/g).map((digits) => BigInt('0x' + digits));
}

const R = 0x30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001n;
// A fixed sequence of field elements: squares of a number without structure.
let state = 0x243f6a8885a308d3n;
const draw = () => (state = (state * state + 0x9e3779b97f4a7c15n) % R);
for (let i = 0; i < 8; i++) draw();
const hex = (values) => values.map((value) => '0x' + word(value));

const relations = [];
const fills = [...Array.from({ length: 8 }, () => draw), () => 0n, () => 1n, () => R - 1n, () => draw() & 3n];
for (const fill of fills) {
  const evaluations = Array.from({ length: 41 }, fill);
  const [eta, beta, gamma, delta, alpha, separator] = Array.from({ length: 6 }, draw);
  const alphas = [alpha];
  while (alphas.length < 28) alphas.push((alphas.at(-1) * alpha) % R);
  const [value] = await call('relations', [...evaluations, eta, beta, gamma, delta, ...alphas, separator]);
  relations.push({ evaluations: hex(evaluations), parameters: hex([eta, beta, gamma, delta, alpha, separator]), value: hex([value])[0] });
}

const aggregations = [];
const limbs = (coordinate) => [coordinate & ((1n << 136n) - 1n), coordinate >> 136n];
for (let i = 0; i < 4; i++) {
  const carried = [...(await call('multiple', [draw()])), ...(await call('multiple', [draw()]))].flatMap(limbs);
  const points = await call('aggregate', [...carried, draw(), draw()]);
  aggregations.push({ limbs: hex(carried), own: hex(points.slice(0, 4)), aggregated: hex(points.slice(4)) });
}

const about = 'Computed by the Solidity verifier that bb prints, in an EVM; generate.mjs writes this file.';
writeFileSync(join(here, 'reference.json'), JSON.stringify({ about, relations, aggregations }, null, 1) + '\n');
