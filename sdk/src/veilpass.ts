/** The way in. */

import { throwIfAborted } from './abort.js';
import { ChainRoots } from './chain/chain-roots.js';
import { enrol } from './enrolment.js';
import { CryptoError, PinMismatchError, ProofFailedError } from './errors.js';
import { exposeSecret } from './identity.js';
import type { KeptSession, SessionPlace } from './kept-session.js';
import { checkInfo } from './pins.js';
import { proveDelegated } from './proofs/delegated.js';
import { DeviceProver } from './proofs/device.js';
import { contextOf } from './protocol/context.js';
import { sessionEnd, sessionSeconds } from './protocol/epoch.js';
import { fieldFromHex } from './protocol/field.js';
import { hashLeaf } from './protocol/hash.js';
import { tokenIdOf } from './protocol/identifiers.js';
import { newestRoot, readAssets, readRegistry } from './registry.js';
import { reopen } from './reopening.js';
import { newSession, type Session } from './session.js';
import { settlement, verification, verify } from './settlement.js';
import { Transport } from './transport.js';
import type {
  AddressBase58,
  Anonymity,
  CallOptions,
  ConnectOptions,
  Enrolment,
  EnrolOptions,
  FieldHex,
  Info,
  OwnershipProof,
  ProveOptions,
  Registry,
  SettlementOptions,
  Unlocked,
  UnlockOptions,
  Verification,
  VerifyOptions,
} from './types.js';
import { unlock } from './unlock.js';

/** One registry of one API. */
export class Veilpass {
  /** What the API is pinned to, as it was checked. */
  readonly info: Info;
  readonly registryId: FieldHex;
  readonly audience: string;
  readonly #transport: Transport;
  readonly #device: DeviceProver;
  readonly #roots: ChainRoots | undefined;
  #program: { readonly id: AddressBase58; readonly cluster: string };

  private constructor(options: ConnectOptions, transport: Transport, info: Info, registry: Registry) {
    this.info = info;
    this.registryId = registry.registry_id;
    this.audience = options.audience;
    this.#transport = transport;
    this.#program = { id: registry.program_id, cluster: registry.cluster };
    this.#roots = ChainRoots.of(registry, options);
    this.#device = new DeviceProver({
      transport,
      registryId: registry.registry_id,
      assets: options.assets,
      threads: options.threads,
      newestRoot: async (call) => newestRoot(await this.registry(call)),
    });
  }

  /**
   * Asks the API what it is pinned to, and refuses anything but what this SDK is made for.
   * @throws PinMismatchError, ConnectionError, ApiError
   */
  static async connect(options: ConnectOptions): Promise<Veilpass> {
    const { api, registryId, cluster, programId, signal } = options;
    fieldFromHex(registryId, 'the registry id');
    const transport = new Transport(api, options.fetch);
    const info = await transport.json<Info>('/v1/info', { signal });
    checkInfo(info);
    const registry = await readRegistry(transport, registryId, signal);
    const expect = (what: string, expected: string | undefined, found: string) => {
      if (expected !== undefined && found !== expected) throw new PinMismatchError(what, expected, found);
    };
    expect("the registry's cluster", cluster, registry.cluster);
    expect("the registry's program", programId, registry.program_id);
    return new Veilpass(options, transport, info, registry);
  }

  /** The registry as it is now: its epoch, its newest root, its tracks. */
  async registry(options: CallOptions = {}): Promise<Registry> {
    const registry = await readRegistry(this.#transport, this.registryId, options.signal);
    const { id, cluster } = this.#program;
    if (registry.program_id !== id) throw new PinMismatchError("the registry's program", id, registry.program_id);
    if (registry.cluster !== cluster) throw new PinMismatchError("the registry's cluster", cluster, registry.cluster);
    return registry;
  }

  /** Among how many a holder of a track hides. */
  async anonymity(trackId: FieldHex, options: CallOptions = {}): Promise<Anonymity> {
    return this.#transport.json(`${this.#trackPath(trackId)}/anonymity`, { signal: options.signal });
  }

  /** The ids of all tokens that unlock a track (`tokenIdOf` of their mints), in ascending order. */
  async assets(trackId: FieldHex, options: CallOptions = {}): Promise<readonly FieldHex[]> {
    return readAssets(this.#transport, this.#trackPath(trackId), options.signal);
  }

  /** Those of a wallet's mints that unlock a track. They are matched here: nobody is asked about one. */
  async matchingMints(
    trackId: FieldHex,
    mints: readonly AddressBase58[],
    options: CallOptions = {},
  ): Promise<readonly AddressBase58[]> {
    const ids = new Set(await this.assets(trackId, options));
    return mints.filter((mint) => ids.has(tokenIdOf(mint)));
  }

  /** Enrols a token, and waits until the enrolment counts. The wallet signs one text; nothing moves. */
  async enrol(options: EnrolOptions): Promise<Enrolment> {
    fieldFromHex(options.trackId, 'the track id');
    return enrol(this.#transport, this.#place, options);
  }

  /** How far an enrolment is. */
  async enrolment(id: string, options: CallOptions = {}): Promise<Enrolment> {
    return this.#transport.json(`/v1/enrollments/${encodeURIComponent(id)}`, { signal: options.signal });
  }

  /**
   * A session with a key of its own; its proof comes later.
   * @param options.sessionSeconds by default what the API allows, and never beyond the epoch and its grace. What is longer than the
   * API allows is refused with the proof, and nothing is spent: `context-too-long`
   */
  async createSession(options: CallOptions & { sessionSeconds?: number | undefined } = {}): Promise<Session> {
    const registry = await this.registry(options);
    const now = Math.floor(Date.now() / 1000);
    const { id, cluster } = this.#program;
    return newSession(this.#transport, {
      audience: this.audience,
      expires_at: sessionEnd(registry, now, options.sessionSeconds ?? sessionSeconds(this.info)),
      program_id: id,
      cluster,
    });
  }

  /**
   * A session that was kept (`Session.keep`), with a grant; waits for the chain if that has not decided yet.
   * @throws SessionEndedError, CryptoError, SettlementRefusedError: drop what was kept; ApiError, ConnectionError: later
   */
  async reopenSession(kept: KeptSession, options: CallOptions = {}): Promise<Session> {
    return reopen(this.#transport, kept, this.#place, options);
  }

  /** Loads all that proving on the device needs, so that the first proof takes no longer than the next. */
  async prepare(options: CallOptions = {}): Promise<void> {
    return this.#device.prepare(options);
  }

  /**
   * Makes a proof. What is made here is verified here; what a prover made is compared with what was asked for, and
   * verified here if the engine is loaded anyway (the API verifies it in any case).
   * @throws NotAMemberError, AnonymitySetTooSmallError, ProofFailedError, LeavesError, CryptoError, ApiError
   */
  async prove(options: ProveOptions): Promise<OwnershipProof> {
    const { identity, trackId, mint, session, method = 'device' } = options;
    const tokenId = tokenIdOf(mint);
    const leaf = hashLeaf(identity.commitment, tokenId, trackId);
    const { epoch } = await this.registry(options);
    const statement = {
      registry_id: this.registryId,
      track_id: trackId,
      epoch,
      nullifier: identity.nullifier(this.registryId, trackId, epoch),
      context: contextOf(session.context),
    };
    const secret = exposeSecret(identity);
    const made =
      method === 'device'
        ? await this.#device.prove(statement, { secret, tokenId, leaf }, options)
        : await proveDelegated(this.#transport, statement, { secret, tokenId, leafIndexHint: 0 }, options);
    if (method === 'delegated' && (await this.#device.verifyIfLoaded(made.proof, made.publicInputs)) === false) {
      throw new ProofFailedError('proof-invalid', 'the prover sent a proof that does not verify');
    }
    await this.#roots?.expect(made.publicInputs.merkle_root, options);
    throwIfAborted(options.signal);
    options.onProgress?.({ stage: 'proved', place: 'device' });
    return { ...made, context: session.context, method };
  }

  /**
   * Has a proof accepted, and its nullifier spent: a proof counts once. With `onchain`, wait for `settlement`.
   * @throws NullifierUsedError, AnonymitySetTooSmallError, ApiError
   */
  async verify(proof: OwnershipProof, options: VerifyOptions = {}): Promise<Verification> {
    const { session } = options;
    if (session && contextOf(session.context) !== proof.publicInputs.context) {
      throw new CryptoError('other-session', 'the proof is for another session', 'Prove for this session.');
    }
    return verify(this.#transport, proof, options);
  }

  /** How far a verification is. */
  async verification(id: string, options: CallOptions = {}): Promise<Verification> {
    return verification(this.#transport, id, options.signal);
  }

  /** Waits until a verification is settled; `transaction.signature` is that on chain. */
  async settlement(id: string, options: SettlementOptions = {}): Promise<Verification> {
    return settlement(this.#transport, id, options);
  }

  /**
   * The whole way: a session, a proof, its settlement, a grant. With a wallet, the token is enrolled if it is not yet.
   */
  async unlock(options: UnlockOptions): Promise<Unlocked> {
    return unlock(this, options);
  }

  /** Stops the worker and frees its memory. Sessions go on. */
  close(): void {
    this.#device.close();
  }

  get #place(): SessionPlace {
    const { registryId, audience } = this;
    return { registryId, audience, programId: this.#program.id, cluster: this.#program.cluster };
  }

  #trackPath(trackId: FieldHex): string {
    fieldFromHex(trackId, 'the track id');
    return `/v1/registries/${this.registryId}/tracks/${trackId}`;
  }
}
