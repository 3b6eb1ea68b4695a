/** A grant that a session holds. */

import { base64urlnopad } from '@scure/base';
import { ConnectionError } from './errors.js';
import type { components } from './generated/api.js';

/** A grant as it is now. Whoever has the token listens. */
export interface Grant {
  /** A JWT (docs/grants.md). It is not enumerable: a grant that is logged or serialised does not show it. */
  readonly token: string;
  readonly jti: string;
  /** Seconds since 1970, by the service's clock. */
  readonly expiresAt: number;
}

/** Measures a grant's life by a clock of this machine that nobody sets: the wall clock may be wrong, here or there. */
export class HeldGrant {
  readonly grant: Grant;
  /** Seconds since 1970, by the service's clock. */
  readonly issuedAt: number;
  readonly #receivedAt = performance.now();
  readonly #lifetime: number;

  constructor(view: components['schemas']['GrantView']) {
    const { nbf, exp } = claims(view.token);
    this.issuedAt = nbf;
    this.#lifetime = exp - nbf;
    const grant = { jti: view.jti, expiresAt: view.expires_at } as Grant;
    Object.defineProperty(grant, 'token', { value: view.token, enumerable: false });
    this.grant = Object.freeze(grant);
  }

  /** Whether it counts for `margin` more seconds, or for a quarter of its life if that is less. */
  isFresh(margin: number): boolean {
    return this.millisecondsFresh(margin) > 0;
  }

  /** For how long that will be so. */
  millisecondsFresh(margin: number): number {
    const end = this.#lifetime - Math.min(margin, this.#lifetime / 4);
    return 1000 * end - (performance.now() - this.#receivedAt);
  }
}

/** The times of a JWT. Its signature is for whoever is shown it; to this side it is a text to pass on. */
function claims(token: string): { nbf: number; exp: number } {
  try {
    const payload = new TextDecoder().decode(base64urlnopad.decode(token.split('.')[1] ?? ''));
    const { nbf, exp } = JSON.parse(payload) as { nbf: unknown; exp: unknown };
    if (typeof nbf === 'number' && typeof exp === 'number' && exp > nbf) return { nbf, exp };
  } catch {
    // Falls through.
  }
  throw new ConnectionError('the grant that the API gave cannot be read');
}
