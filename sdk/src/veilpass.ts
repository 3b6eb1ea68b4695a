/** The way in. */

import type { Session } from './session.js';
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

/** One registry of one API. */
export class Veilpass {
  private constructor() {}

  /**
   * Asks the API what it is pinned to, and refuses anything but what this SDK is made for.
   * @throws PinMismatchError, ConnectionError, ApiError
   */
  static connect(_options: ConnectOptions): Promise<Veilpass> {
    throw new Error('not yet');
  }
  get info(): Info {
    throw new Error('not yet');
  }
  get registryId(): FieldHex {
    throw new Error('not yet');
  }
  /** The registry as it is now. */
  registry(_options?: CallOptions): Promise<Registry> {
    throw new Error('not yet');
  }
  /** Among how many a holder of a track hides. */
  anonymity(_trackId: FieldHex, _options?: CallOptions): Promise<Anonymity> {
    throw new Error('not yet');
  }
  /** All mints that unlock a track: to be matched with a wallet's tokens here, so that nobody is asked about one. */
  assets(_trackId: FieldHex, _options?: CallOptions): Promise<readonly AddressBase58[]> {
    throw new Error('not yet');
  }
  /** Enrols a token, and waits until it counts. */
  enrol(_options: EnrolOptions): Promise<Enrolment> {
    throw new Error('not yet');
  }
  /** A session with a key of its own; its proof comes later. */
  createSession(_options?: { sessionSeconds?: number; signal?: AbortSignal }): Promise<Session> {
    throw new Error('not yet');
  }
  /** Loads all that proving on the device needs, so that the first proof takes no longer than the next. */
  prepare(_options?: CallOptions): Promise<void> {
    throw new Error('not yet');
  }
  /** Makes a proof. It was verified here before it is returned, whoever made it. */
  prove(_options: ProveOptions): Promise<OwnershipProof> {
    throw new Error('not yet');
  }
  /** Has a proof accepted, and its nullifier spent. With `onchain`, wait for `settlement`. */
  verify(_proof: OwnershipProof, _options?: VerifyOptions): Promise<Verification> {
    throw new Error('not yet');
  }
  verification(_id: string, _options?: CallOptions): Promise<Verification> {
    throw new Error('not yet');
  }
  /** Waits until a verification is settled. */
  settlement(_id: string, _options?: SettlementOptions): Promise<Verification> {
    throw new Error('not yet');
  }
  /** The whole way: a session, a proof, its settlement, a grant. */
  unlock(_options: UnlockOptions): Promise<Unlocked> {
    throw new Error('not yet');
  }
  /** Stops the worker and frees its memory. */
  close(): void {
    throw new Error('not yet');
  }
}
