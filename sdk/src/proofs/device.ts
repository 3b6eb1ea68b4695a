/** Proofs that are made here: the service sees the proof, and never what it is made of. */

import { throwIfAborted, untilAborted } from '../abort.js';
import { assetsUrl, loadCircuit, loadReferenceString, WASM_BYTES } from '../assets.js';
import { LeavesError } from '../errors.js';
import { PublicCache } from '../leaves/cache.js';
import { type LeavesUpdate, RegistryLeaves } from '../leaves/registry-leaves.js';
import type { Bytes } from '../protocol/bytes.js';
import { fieldToHex } from '../protocol/field.js';
import type { ProofStatement } from '../protocol/statement.js';
import type { Transport } from '../transport.js';
import type { CallOptions, FieldHex, PublicInputs, Stage } from '../types.js';
import type { Note } from '../worker/messages.js';
import { type EnginePort, openEngine } from '../worker/port.js';

/** How often the newest root and the newest leaves are asked for until they fit. */
const TRIES = 4;

export interface DeviceOptions {
  readonly transport: Transport;
  readonly registryId: FieldHex;
  readonly assets: string | URL | undefined;
  readonly threads: number | undefined;
  /** The newest root that counts, as the registry says. */
  readonly newestRoot: (options: CallOptions) => Promise<FieldHex>;
}

export class DeviceProver {
  readonly #options: DeviceOptions;
  readonly #cache = new PublicCache();
  readonly #leaves: RegistryLeaves;
  #opening: Promise<EnginePort> | undefined;
  /** The version of the leaves that the engine's tree has. */
  #treeVersion: number | undefined;
  /** One at a time: there is one engine with one tree. */
  #queue: Promise<unknown> = Promise.resolve();

  constructor(options: DeviceOptions) {
    this.#options = options;
    this.#leaves = new RegistryLeaves(options.transport, options.registryId, this.#cache);
  }

  /** Loads engine, leaves and tree. */
  prepare(options: CallOptions): Promise<void> {
    return this.#inTurn(async () => {
      const engine = await this.#engine(options);
      await this.#tree(engine, options);
    }, options);
  }

  /**
   * Proves a statement for a leaf.
   * @throws NotAMemberError if no leaf has that value
   */
  prove(
    statement: ProofStatement,
    { secret, tokenId, leaf }: { secret: Bytes; tokenId: FieldHex; leaf: FieldHex },
    options: CallOptions,
  ): Promise<{ proof: Bytes; publicInputs: PublicInputs }> {
    return this.#inTurn(async () => {
      const engine = await this.#engine(options);
      const root = await this.#tree(engine, options);
      const index = this.#leaves.find(leaf);
      const publicInputs: PublicInputs = { ...statement, merkle_root: root };
      // A copy, which is moved to the worker and overwritten there.
      const copy = new Uint8Array(secret);
      const task = { publicInputs, secret: copy, tokenId, index };
      const { signal } = options;
      const proof = await engine.call('prove', task, { signal, onNote: tell(options), transfer: [copy.buffer] });
      return { proof, publicInputs };
    }, options);
  }

  /** Whether a proof holds, if the engine is here anyway; else nothing. */
  async verifyIfLoaded(proof: Bytes, publicInputs: PublicInputs): Promise<boolean | undefined> {
    const engine = await this.#opening?.catch(() => undefined);
    return engine && !engine.isClosed ? engine.call('verify', { proof, publicInputs }) : undefined;
  }

  close(): void {
    void this.#opening?.then((engine) => engine.close()).catch(() => {});
    this.#opening = undefined;
    this.#treeVersion = undefined;
  }

  #inTurn<T>(work: () => Promise<T>, { signal }: CallOptions): Promise<T> {
    const turn = this.#queue.then(() => {
      throwIfAborted(signal);
      return work();
    });
    this.#queue = turn.catch(() => {});
    // Whoever waits for his turn may leave before it comes.
    return untilAborted(turn, signal);
  }

  async #engine(options: CallOptions): Promise<EnginePort> {
    const open = await this.#opening?.catch(() => undefined);
    if (open && !open.isClosed) return open;
    this.#treeVersion = undefined;
    const opening = this.#load(options);
    this.#opening = opening;
    return opening;
  }

  async #load(options: CallOptions): Promise<EnginePort> {
    const { signal, onProgress } = options;
    onProgress?.({ stage: 'loading', place: 'device', fraction: 0 });
    const folder = assetsUrl(this.#options.assets);
    const [circuit, referenceString] = await Promise.all([
      loadCircuit(folder, signal),
      loadReferenceString(this.#options.transport, this.#cache, signal),
    ]);
    const engine = await openEngine();
    try {
      const parts = { ...circuit, referenceString, threads: threadsOf(this.#options.threads) };
      await engine.call('load', parts, { signal, onNote: tell(options) });
    } catch (error) {
      engine.close();
      throw error;
    }
    onProgress?.({ stage: 'loading', place: 'device', fraction: 1 });
    return engine;
  }

  /** Brings the tree to the newest root that counts. Returns that root. */
  async #tree(engine: EnginePort, options: CallOptions): Promise<FieldHex> {
    for (let attempt = 1; ; attempt++) {
      // Both at once: what is published between them is seen in the next attempt.
      const [newest, update] = await Promise.all([this.#options.newestRoot(options), this.#leaves.update(options)]);
      options.onProgress?.({ stage: 'tree', place: 'device' });
      const root = await this.#follow(engine, update, options);
      if (root !== update.file.header.root) {
        this.#treeVersion = undefined;
        await this.#leaves.forget();
        if (attempt >= TRIES) throw new LeavesError('the leaves do not have the root that they are said to have');
      } else if (root === newest) return root;
      else if (attempt >= TRIES) throw new LeavesError("the leaves' root is not the registry's newest one");
    }
  }

  async #follow(engine: EnginePort, { file, from }: LeavesUpdate, { signal }: CallOptions): Promise<FieldHex> {
    const { version, leafCount, root } = file.header;
    if (this.#treeVersion === version) return root;
    const isStep = from !== undefined && from.version === this.#treeVersion;
    this.#treeVersion = undefined;
    const leaves = new Uint8Array(file.leaves);
    const found = isStep
      ? await engine.call('changeLeaves', { changes: from.changes, leafCount }, { signal })
      : await engine.call('setLeaves', { leaves }, { signal, transfer: [leaves.buffer] });
    if (fieldToHex(found) === root) this.#treeVersion = version;
    return fieldToHex(found);
  }
}

/** Two by default: more gain little for a circuit of this size. Without cross-origin isolation there is one, always. */
function threadsOf(wanted: number | undefined): number {
  if (globalThis.crossOriginIsolated !== true) return 1;
  return Math.max(1, Math.min(wanted ?? 2, navigator.hardwareConcurrency || 1));
}

function tell({ onProgress }: CallOptions): (note: Note) => void {
  return ({ stage, bytes }) => {
    const event = { stage: stage satisfies Stage, place: 'device' as const };
    onProgress?.(bytes === undefined ? event : { ...event, fraction: Math.min(1, bytes / WASM_BYTES) });
  };
}
