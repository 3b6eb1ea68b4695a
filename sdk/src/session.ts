/** A listening session: a key that never leaves the browser's key store, and the grants that it gets. */

import type { ContextPreimage, Introspection } from './types.js';

/** A grant as it is now. Whoever has the token listens. */
export interface Grant {
  /** A JWT; see docs/grants.md. Cannot be printed by accident: not an enumerable property. */
  readonly token: string;
  readonly jti: string;
  /** Seconds since 1970. */
  readonly expiresAt: number;
}

export class Session {
  private constructor() {}
  /** What proofs for this session are bound to. */
  get context(): ContextPreimage {
    throw new Error('not yet');
  }
  /** Seconds since 1970. */
  get expiresAt(): number {
    throw new Error('not yet');
  }
  /** Of the verification that it listens by; none before. */
  get verificationId(): string | undefined {
    throw new Error('not yet');
  }
  /** A grant that counts for 30 seconds at least; asks for another when the one that there is does not. */
  grant(_options?: { signal?: AbortSignal }): Promise<Grant> {
    throw new Error('not yet');
  }
  /** `fetch` with `Authorization: Bearer <grant>`; once again with a new grant if the answer is 401. */
  fetch(_input: string | URL, _init?: RequestInit): Promise<Response> {
    throw new Error('not yet');
  }
  /** Renews by itself before each expiry until closed. Calls back with each new grant, and with the error that ends it. */
  keepAlive(_on?: { grant?: (grant: Grant) => void; error?: (error: unknown) => void }): void {
    throw new Error('not yet');
  }
  /** What the API says of the present grant. */
  introspect(_options?: { signal?: AbortSignal }): Promise<Introspection> {
    throw new Error('not yet');
  }
  /** Revokes the present grant; the session can get another. */
  revoke(_options?: { signal?: AbortSignal }): Promise<void> {
    throw new Error('not yet');
  }
  /** Ends it: revokes the grant, stops renewing, forgets the key. */
  close(): Promise<void> {
    throw new Error('not yet');
  }
}
