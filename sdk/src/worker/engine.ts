/**
 * The prover itself: acvm solves, Barretenberg proves and checks. Runs in a worker, or in the same thread where there
 * is none.
 */

import { BackendType, Barretenberg, BarretenbergSync } from '@aztec/bb.js';
import initAcvm, { compressWitnessStack, executeProgram } from '@noir-lang/acvm_js';
import { CryptoError, PinMismatchError } from '../errors.js';
import { LeafTree } from '../leaves/tree.js';
import { CRS_G1_BYTES, CRS_POINTS, PROOF_BYTES, TREE_DEPTH } from '../pins.js';
import { type Bytes, concat, equalBytes, hex } from '../protocol/bytes.js';
import { assertField, fieldFromHex } from '../protocol/field.js';
import { NODE_DOMAIN } from '../protocol/hash.js';
import { publicInputBytes, publicInputElements } from '../protocol/statement.js';
import type { PublicInputs } from '../types.js';

/** The Keccak transcript with zero knowledge: bb's `verifierTarget: 'evm'`. */
const SETTINGS = {
  ipaAccumulation: false,
  oracleHashType: 'keccak',
  disableZk: false,
  optimizedSolidityVerifier: false,
} as const;

/** Pages of 64 KiB that the wasm may have: it uses 22 MiB, and would reserve 4 GiB by default. */
const MEMORY_PAGES = 1024;

/** What the engine is made of. All of it was checked against the pins by whoever gives it. */
export interface EngineParts {
  /** The circuit's bytecode, compressed (gzip), as the artefact has it. */
  readonly bytecode: Bytes;
  readonly verificationKey: Bytes;
  /** Points of G1 and the point of G2, as `GET /v1/reference-string` gives them. */
  readonly referenceString: Bytes;
  readonly threads: number;
  /** URLs of the wasm files; in Node the packages find their own. */
  readonly wasm?: { readonly barretenberg: string; readonly acvm: string };
}

/** What is proved, and with what. */
export interface ProofTask {
  readonly publicInputs: PublicInputs;
  /** 32 bytes, big-endian. Overwritten when the task ends. */
  readonly secret: Bytes;
  readonly tokenId: string;
  /** Place of the leaf in the engine's tree. */
  readonly index: number;
}

export class ProvingEngine {
  readonly #api: Barretenberg;
  readonly #sync: BarretenbergSync;
  readonly #program: Bytes;
  readonly #bytecode: Bytes;
  readonly #key: Bytes;
  #tree: LeafTree | undefined;

  private constructor(api: Barretenberg, program: Bytes, bytecode: Bytes, key: Bytes) {
    this.#api = api;
    this.#sync = sameInstance(api);
    this.#program = program;
    this.#bytecode = bytecode;
    this.#key = key;
  }

  static async load({
    bytecode,
    verificationKey,
    referenceString,
    threads,
    wasm,
  }: EngineParts): Promise<ProvingEngine> {
    const init = initAcvm as unknown as ((from: { module_or_path: string }) => Promise<unknown>) | object;
    const [api, plain] = await Promise.all([
      Barretenberg.new({
        // In this thread: we are in a worker already.
        backend: BackendType.Wasm,
        threads,
        // Else it would download half a million points from a server of its makers.
        skipSrsInit: true,
        memory: { maximum: MEMORY_PAGES },
        ...(wasm ? { wasmPath: wasm.barretenberg } : {}),
      }),
      gunzip(bytecode),
      // The build for Node is loaded with its module, and has no such function.
      wasm && typeof init === 'function' ? init({ module_or_path: wasm.acvm }) : undefined,
    ]);
    const pointsBuf = referenceString.subarray(0, CRS_G1_BYTES);
    await api.srsInitSrs({ pointsBuf, numPoints: CRS_POINTS, g2Point: referenceString.subarray(CRS_G1_BYTES) });
    return new ProvingEngine(api, bytecode, plain, verificationKey);
  }

  /** Builds the tree of these leaves (32 bytes each, canonical; taken over). Returns its root. */
  setLeaves(leaves: Bytes): Bytes {
    this.#tree = new LeafTree(leaves, (left, right) => this.#hashNode(left, right));
    return this.#tree.root;
  }

  /** Changes the tree. Returns its root. */
  changeLeaves(changes: readonly { place: number; leaf: Bytes }[], leafCount: number): Bytes {
    const tree = this.#livingTree();
    tree.apply(changes, leafCount);
    return tree.root;
  }

  /** Solves, proves, and checks the proof: bb proves unsatisfied witnesses too, and says nothing. */
  async prove(task: ProofTask, onStage: (stage: 'witness' | 'proving' | 'checking') => void): Promise<Bytes> {
    let witness: Bytes | undefined;
    try {
      onStage('witness');
      witness = await this.#solve(task);
      onStage('proving');
      const circuit = { name: 'ownership', bytecode: this.#bytecode, verificationKey: this.#key };
      const made = await this.#api.circuitProve({ witness, circuit, settings: SETTINGS });
      const proof = concat(...made.proof);
      if (!equalBytes(concat(...made.publicInputs), publicInputBytes(task.publicInputs))) {
        throw new CryptoError('proof-invalid', 'the proof is of something else', 'Report this.');
      }
      onStage('checking');
      if (!(await this.verify(proof, task.publicInputs))) {
        throw new CryptoError('proof-invalid', 'the proof does not verify', 'Report this.');
      }
      return proof;
    } finally {
      witness?.fill(0);
      task.secret.fill(0);
    }
  }

  /** Whether a proof holds, under the pinned key. */
  async verify(proof: Uint8Array, inputs: PublicInputs): Promise<boolean> {
    if (proof.length !== PROOF_BYTES) return false;
    const verificationKey = this.#key;
    const publicInputs = publicInputElements(inputs).map((element) => fieldFromHex(element));
    try {
      const parts = split(proof);
      return (await this.#api.circuitVerify({ verificationKey, publicInputs, proof: parts, settings: SETTINGS }))
        .verified;
    } catch {
      // Points that are not on the curve are thrown, not answered.
      return false;
    }
  }

  async destroy(): Promise<void> {
    this.#tree = undefined;
    await this.#api.destroy();
  }

  async #solve({ publicInputs, secret, tokenId, index }: ProofTask): Promise<Bytes> {
    assertField(secret, 'the secret');
    fieldFromHex(tokenId, 'the token id');
    const tree = this.#livingTree();
    if (`0x${hex(tree.root)}` !== publicInputs.merkle_root)
      throw new CryptoError('other-root', 'the tree has another root');
    const { siblings } = tree.path(index);
    // In the order of the circuit's `main`; index bits least significant first, siblings lowest first.
    const values = [
      ...publicInputElements(publicInputs),
      `0x${hex(secret)}`,
      tokenId,
      ...siblings.map((_, level) => `0x${Math.floor(index / 2 ** level) % 2}`),
      ...siblings.map((sibling) => `0x${hex(sibling)}`),
    ];
    if (siblings.length !== TREE_DEPTH) throw new PinMismatchError('the depth of the tree', '32', `${siblings.length}`);
    let stack: Awaited<ReturnType<typeof executeProgram>>;
    try {
      stack = await executeProgram(this.#program, new Map(values.entries()), () =>
        Promise.reject(new Error('no oracle')),
      );
    } catch {
      // What acvm says can name values of the witness.
      throw new CryptoError('unsatisfied', 'the inputs do not satisfy the circuit', 'Enrol the token again.');
    }
    const compressed = compressWitnessStack(stack);
    try {
      return await gunzip(compressed as Bytes);
    } finally {
      compressed.fill(0);
    }
  }

  #hashNode(left: Uint8Array, right: Uint8Array): Uint8Array {
    const inputs = [NODE_DOMAIN, left, right, ZERO];
    return this.#sync.poseidon2Permutation({ inputs }).outputs[0] as Uint8Array;
  }

  #livingTree(): LeafTree {
    if (!this.#tree) throw new CryptoError('no-leaves', 'the leaves are not loaded');
    return this.#tree;
  }
}

const ZERO = new Uint8Array(32);

/** The synchronous interface of the same wasm: a hash each turn of the event loop would take three times as long. */
function sameInstance(api: Barretenberg): BarretenbergSync {
  const { wasm } = (api as unknown as { backend: { wasm: { cbindCall(name: string, input: Uint8Array): Uint8Array } } })
    .backend;
  return new BarretenbergSync({ call: (input: Uint8Array) => wasm.cbindCall('bbapi', input), destroy() {} });
}

function split(bytes: Uint8Array): Uint8Array[] {
  return Array.from({ length: bytes.length / 32 }, (_, at) => bytes.subarray(at * 32, (at + 1) * 32));
}

async function gunzip(bytes: Bytes): Promise<Bytes> {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
