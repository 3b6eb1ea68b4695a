/**
 * Whether a root is the chain's. An API that gave each listener a tree of his own would know him by the root of his
 * proof; the chain has one ring of roots for all.
 */

import { base64 } from '@scure/base';
import { delay, throwIfAborted, untilAborted } from '../abort.js';
import { ConnectionError, LeavesError } from '../errors.js';
import type { AddressBase58, CallOptions, ConnectOptions, FieldHex, Registry } from '../types.js';
import { registryAddress } from './program-address.js';
import { acceptedRoots } from './registry-account.js';

/** A node may be some slots behind the one that the API asked. */
const TRIES = 6;
const PAUSE_MS = 1000;

export interface ChainRootsOptions {
  /** URL of an RPC of the cluster that the frontend trusts for this. */
  readonly rpc: string | URL;
  readonly programId: AddressBase58;
  readonly registryId: FieldHex;
  readonly fetch?: typeof fetch | undefined;
}

export class ChainRoots {
  readonly #options: ChainRootsOptions;
  readonly #account: AddressBase58;
  /** A root that was there once was not made for one listener. */
  readonly #known = new Set<FieldHex>();

  constructor(options: ChainRootsOptions) {
    this.#options = options;
    this.#account = registryAddress(options.registryId, options.programId);
  }

  /** None without an RPC. */
  static of(registry: Registry, { rpc, fetch }: Pick<ConnectOptions, 'rpc' | 'fetch'>): ChainRoots | undefined {
    if (rpc === undefined) return undefined;
    return new ChainRoots({ rpc, fetch, programId: registry.program_id, registryId: registry.registry_id });
  }

  /** @throws LeavesError if the chain does not have the root, ConnectionError if its node does not answer. */
  async expect(root: FieldHex, { signal, onProgress }: CallOptions): Promise<void> {
    if (this.#known.has(root)) return;
    onProgress?.({ stage: 'root', place: 'chain' });
    for (let tries = 1; ; tries++) {
      const roots = acceptedRoots(await this.#read(signal), this.#options.registryId);
      if (roots.some((known) => known.root === root)) {
        this.#known.add(root);
        return;
      }
      if (tries === TRIES) {
        throw new LeavesError('the root that the service gave is not one of the chain: a proof of it could name you');
      }
      await delay(PAUSE_MS, signal);
    }
  }

  async #read(signal: AbortSignal | undefined): Promise<Uint8Array> {
    const params = [this.#account, { encoding: 'base64', commitment: 'confirmed' }];
    const request = (this.#options.fetch ?? fetch)(this.#options.rpc, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'getAccountInfo', params }),
      ...(signal && { signal }),
    });
    let value: { owner?: unknown; data?: unknown } | null | undefined;
    try {
      const response = await untilAborted(request, signal);
      if (!response.ok) throw new Error(`it answers ${response.status}`);
      value = ((await response.json()) as { result?: { value?: typeof value } }).result?.value;
    } catch (error) {
      throwIfAborted(signal);
      throw new ConnectionError("the chain's node does not answer", { cause: error });
    }
    const data = Array.isArray(value?.data) ? value.data[0] : undefined;
    if (value?.owner !== this.#options.programId || typeof data !== 'string') {
      throw new LeavesError('the chain has no account of this registry');
    }
    try {
      return base64.decode(data);
    } catch {
      throw new LeavesError("the chain's account is not readable");
    }
  }
}
