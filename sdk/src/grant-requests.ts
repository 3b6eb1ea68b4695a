/** How a session asks for grants: each request signed anew, with a time of the service's clock. */

import { ApiError, SessionEndedError } from './errors.js';
import type { components } from './generated/api.js';
import { toBase64, utf8 } from './protocol/bytes.js';
import { grantRequestText } from './protocol/context.js';
import { HeldGrant } from './session-grant.js';
import type { SessionKey } from './session-key.js';
import type { Transport } from './transport.js';
import type { ContextPreimage } from './types.js';

type GrantView = components['schemas']['GrantView'];

/** How often a grant is asked for when only the time in the request is at fault. */
const TRIES = 4;

export class GrantRequests {
  readonly #transport: Transport;
  readonly #key: SessionKey;
  readonly #context: ContextPreimage;
  /** The `issued_at` that was signed last: each signature counts once. */
  #lastIssuedAt = 0;
  #clockOffset: number;

  constructor(transport: Transport, key: SessionKey, context: ContextPreimage, clockOffset = 0) {
    this.#transport = transport;
    this.#key = key;
    this.#context = context;
    this.#clockOffset = clockOffset;
  }

  /** By how many seconds the service's clock is ahead of this one, as its grants and refusals tell. */
  get clockOffset(): number {
    return this.#clockOffset;
  }

  /** Seconds since 1970, by the service's clock. */
  now(): number {
    return Math.floor(Date.now() / 1000) + this.#clockOffset;
  }

  /** Takes a grant that the service gave. */
  take(view: GrantView): HeldGrant {
    const held = new HeldGrant(view);
    this.#learnClock(held.issuedAt);
    return held;
  }

  /** @throws SessionEndedError, ApiError, ConnectionError */
  async send(verificationId: string): Promise<HeldGrant> {
    let hasLearnt = false;
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#try(verificationId);
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        const { code, message, problem } = error;
        if (SessionEndedError.codes.has(code)) throw new SessionEndedError(code, message, { cause: error });
        if (code === 'stale-request' && problem.timestamp !== undefined && !hasLearnt) {
          // No grant told the time yet, or one of the clocks was set since. The refusal tells it.
          hasLearnt = true;
          this.#learnClock(problem.timestamp);
          this.#lastIssuedAt = 0;
        } else if (code !== 'signature-used' || attempt >= TRIES) {
          // A signature that was used is of the same second elsewhere: in another tab, or before a reload.
          throw error;
        }
      }
    }
  }

  /** @param now seconds since 1970, by the service's clock */
  #learnClock(now: number): void {
    this.#clockOffset = now - Math.floor(Date.now() / 1000);
  }

  async #try(verificationId: string): Promise<HeldGrant> {
    const issuedAt = Math.max(this.now(), this.#lastIssuedAt + 1);
    this.#lastIssuedAt = issuedAt;
    const signature = await this.#key.sign(utf8(grantRequestText(verificationId, issuedAt)));
    const view = await this.#transport.post<GrantView>('/v1/grants', {
      verification_id: verificationId,
      context: this.#context,
      issued_at: issuedAt,
      signature: toBase64(signature),
    });
    return this.take(view);
  }
}
