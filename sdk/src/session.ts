/** A listening session: a key, what proofs for it are bound to, and the grants that it gets. */

import { untilAborted } from './abort.js';
import { ApiError, ConnectionError, CryptoError, VeilpassError } from './errors.js';
import type { components } from './generated/api.js';
import { hex, toBase64, utf8 } from './protocol/bytes.js';
import { grantRequestText } from './protocol/context.js';
import { type Grant, HeldGrant } from './session-grant.js';
import { createSessionKey, type SessionKey } from './session-key.js';
import type { Transport } from './transport.js';
import type { ContextPreimage, Introspection } from './types.js';

type Schemas = components['schemas'];

/** Seconds for which a grant must still count to be given out, but never more than a quarter of its life. */
const MARGIN = 30;
/** Milliseconds after a renewal that failed until the next. */
const RETRY = 5000;
/** Refusals that another request will not change. */
const FINAL = new Set(['session-ended', 'context-expired', 'stale-epoch', 'unknown-verification', 'context-mismatch']);
const INSPECT = Symbol.for('nodejs.util.inspect.custom');

/** What `keepAlive` calls back with. */
export interface KeepAlive {
  grant?: ((grant: Grant) => void) | undefined;
  /** The session cannot go on. */
  error?: ((error: unknown) => void) | undefined;
}

/** For the modules of the SDK: makes a session, and gives it its verification. */
export let newSession: (transport: Transport, context: Omit<ContextPreimage, 'session_public_key'>) => Promise<Session>;
export let attachVerification: (session: Session, id: string, grant: Schemas['GrantView'] | null | undefined) => void;

export class Session {
  readonly #transport: Transport;
  readonly #key: SessionKey;
  readonly #context: ContextPreimage;
  #verificationId: string | undefined;
  #held: HeldGrant | undefined;
  #renewing: Promise<HeldGrant> | undefined;
  /** The `issued_at` that was signed last: each signature counts once. */
  #lastIssuedAt = 0;
  /** By how many seconds the service's clock is ahead of this one, as its grants tell. */
  #clockOffset = 0;
  #keepAlive: { on: KeepAlive; timer: ReturnType<typeof setTimeout> | undefined } | undefined;
  #isClosed = false;

  static {
    newSession = async (transport, context) => new Session(transport, await createSessionKey(), context);
    attachVerification = (session, id, grant) => session.#attach(id, grant);
  }

  private constructor(transport: Transport, key: SessionKey, context: Omit<ContextPreimage, 'session_public_key'>) {
    this.#transport = transport;
    this.#key = key;
    this.#context = Object.freeze({ ...context, session_public_key: hex(key.publicKey) });
  }

  /** What proofs for this session are bound to. */
  get context(): ContextPreimage {
    return this.#context;
  }

  /** When it ends, in seconds since 1970. */
  get expiresAt(): number {
    return this.#context.expires_at;
  }

  /** Of the verification that it listens by; none before. */
  get verificationId(): string | undefined {
    return this.#verificationId;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** A grant that counts for a while; asks for another when the one that there is does not. */
  async grant(options?: { signal?: AbortSignal | undefined }): Promise<Grant> {
    if (this.#held?.isFresh(MARGIN)) return this.#held.grant;
    return (await untilAborted(this.#renew(), options?.signal)).grant;
  }

  /**
   * `fetch` with `Authorization: Bearer <grant>`, and once again with a new grant if the answer is 401. Whoever gets
   * the request can listen with the grant until it expires: give it to the frontend's own servers only.
   * @throws CryptoError `insecure-url` if it would go in the clear to another machine
   */
  async fetch(input: string | URL, init: RequestInit = {}): Promise<Response> {
    const url = new URL(input, typeof location === 'object' ? location.href : undefined);
    const isLocal = /^(localhost|127\.0\.0\.1|\[::1\])$/.test(url.hostname);
    if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLocal)) {
      throw new CryptoError('insecure-url', 'a grant is sent by https only', 'Serve the media by https.');
    }
    const signal = init.signal ?? undefined;
    const send = async () => {
      const headers = new Headers(init.headers);
      headers.set('authorization', `Bearer ${(await this.grant({ signal })).token}`);
      return globalThis.fetch(url, { referrerPolicy: 'no-referrer', ...init, headers });
    };
    const response = await send();
    // A body that streams cannot be sent twice.
    if (response.status !== 401 || init.body instanceof ReadableStream) return response;
    await response.body?.cancel();
    this.#held = undefined;
    return send();
  }

  /** Renews by itself before each expiry, until the session is closed or ends. */
  keepAlive(on: KeepAlive = {}): void {
    clearTimeout(this.#keepAlive?.timer);
    this.#keepAlive = { on, timer: undefined };
    this.#schedule(0);
  }

  /** What the API says of the present grant: revocations are seen at once. */
  async introspect(options?: { signal?: AbortSignal | undefined }): Promise<Introspection> {
    const token = this.#held?.grant.token;
    if (token === undefined) return { active: false };
    return this.#transport.json('/v1/grants/introspect', {
      method: 'POST',
      body: { token },
      repeatable: true,
      signal: options?.signal,
    });
  }

  /** Revokes the present grant. The session can get another. */
  async revoke(options?: { signal?: AbortSignal | undefined }): Promise<void> {
    const token = this.#held?.grant.token;
    this.#held = undefined;
    if (token === undefined) return;
    const signal = options?.signal;
    await this.#transport.send('/v1/grants/revoke', { method: 'POST', body: { token }, repeatable: true, signal });
  }

  /**
   * Ends it: stops renewing, forgets the key, revokes the grant. What fails of the last is left to the grant's expiry.
   */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#keepAlive?.timer);
    this.#keepAlive = undefined;
    this.#key.destroy();
    await this.revoke().catch(() => {});
  }

  #attach(id: string, grant: Schemas['GrantView'] | null | undefined): void {
    this.#verificationId = id;
    this.#held = undefined;
    if (grant) this.#hold(grant);
  }

  #hold(view: Schemas['GrantView']): HeldGrant {
    const held = new HeldGrant(view);
    this.#clockOffset = held.issuedAt - Math.floor(Date.now() / 1000);
    this.#held = held;
    return held;
  }

  /** Several that ask at once get the same. */
  #renew(): Promise<HeldGrant> {
    this.#renewing ??= this.#requestGrant().finally(() => {
      this.#renewing = undefined;
    });
    return this.#renewing;
  }

  async #requestGrant(): Promise<HeldGrant> {
    const id = this.#verificationId;
    if (this.#isClosed) throw new CryptoError('session-closed', 'the session was closed', 'Unlock the track again.');
    if (!id) throw new CryptoError('not-verified', 'no proof was verified for this session yet', 'Prove first.');
    const now = Math.floor(Date.now() / 1000) + this.#clockOffset;
    const issuedAt = Math.max(now, this.#lastIssuedAt + 1);
    this.#lastIssuedAt = issuedAt;
    const signature = await this.#key.sign(utf8(grantRequestText(id, issuedAt)));
    const view = await this.#transport.post<Schemas['GrantView']>('/v1/grants', {
      verification_id: id,
      context: this.#context,
      issued_at: issuedAt,
      signature: toBase64(signature),
    });
    return this.#hold(view);
  }

  #schedule(afterMs: number): void {
    const alive = this.#keepAlive;
    if (!alive || this.#isClosed) return;
    alive.timer = setTimeout(() => void this.#beat(alive.on), afterMs);
  }

  async #beat(on: KeepAlive): Promise<void> {
    try {
      const had = this.#held;
      await this.grant();
      const held = this.#held as HeldGrant;
      if (held !== had) on.grant?.(held.grant);
      // At least a second: an API that gives grants that are over already must not be asked without end.
      this.#schedule(Math.max(1000, held.millisecondsFresh(MARGIN)));
    } catch (error) {
      if (this.#isClosed) return;
      if (error instanceof ConnectionError || (error instanceof ApiError && !FINAL.has(error.code)))
        this.#schedule(RETRY);
      else {
        this.#keepAlive = undefined;
        on.error?.(
          error instanceof VeilpassError ? error : new ConnectionError('the grant was not renewed', { cause: error }),
        );
      }
    }
  }

  toJSON(): string {
    return 'Session(redacted)';
  }

  [INSPECT](): string {
    return 'Session(redacted)';
  }
}
