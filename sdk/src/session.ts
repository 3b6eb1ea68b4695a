/** A listening session: a key, what proofs for it are bound to, and the grants that it gets. */

import { untilAborted } from './abort.js';
import { ApiError, ConnectionError, CryptoError, SessionEndedError, VeilpassError } from './errors.js';
import type { components } from './generated/api.js';
import { GrantRequests } from './grant-requests.js';
import { checkKept, type KeptSession, type SessionPlace } from './kept-session.js';
import { hex } from './protocol/bytes.js';
import type { Grant, HeldGrant } from './session-grant.js';
import { createSessionKey, keptKey, type SessionKey } from './session-key.js';
import type { Transport } from './transport.js';
import type { ContextPreimage, Introspection, PublicInputs } from './types.js';

type Schemas = components['schemas'];

/** Seconds for which a grant must still count to be given out, but never more than a quarter of its life. */
const MARGIN = 30;
/** Milliseconds after a renewal that failed until the next. */
const RETRY = 5000;
const INSPECT = Symbol.for('nodejs.util.inspect.custom');

/** What `keepAlive` calls back with. */
export interface KeepAlive {
  grant?: ((grant: Grant) => void) | undefined;
  /** The session cannot go on. */
  error?: ((error: unknown) => void) | undefined;
}

/** Of what its proof was accepted for. */
type Unlocks = Pick<PublicInputs, 'registry_id' | 'track_id'>;
type Grants = Schemas['GrantView'] | null | undefined;

/** For the modules of the SDK: makes a session, gives it its verification, makes it again of what was kept. */
export let newSession: (transport: Transport, context: Omit<ContextPreimage, 'session_public_key'>) => Promise<Session>;
export let attachVerification: (session: Session, id: string, grant: Grants, unlocks?: Unlocks) => void;
export let reopenKept: (transport: Transport, kept: KeptSession, place: SessionPlace) => Session;

export class Session {
  readonly #transport: Transport;
  readonly #key: SessionKey;
  readonly #context: ContextPreimage;
  readonly #requests: GrantRequests;
  #verificationId: string | undefined;
  #unlocks: Unlocks | undefined;
  #held: HeldGrant | undefined;
  #renewing: Promise<HeldGrant> | undefined;
  #keepAlive: { on: KeepAlive; timer: ReturnType<typeof setTimeout> | undefined } | undefined;
  #isClosed = false;

  static {
    newSession = async (transport, context) => new Session(transport, await createSessionKey(), context);
    attachVerification = (session, id, grant, unlocks) => session.#attach(id, grant, unlocks);
    reopenKept = (transport, kept, place) => {
      checkKept(kept, place);
      const key = keptKey(kept.privateKey, kept.context.session_public_key);
      const session = new Session(transport, key, kept.context, kept.clockOffset);
      session.#attach(kept.verificationId, undefined, { registry_id: kept.registryId, track_id: kept.trackId });
      if (session.#requests.now() >= session.expiresAt) {
        throw new SessionEndedError('context-expired', 'the session has expired');
      }
      return session;
    };
  }

  private constructor(
    transport: Transport,
    key: SessionKey,
    context: Omit<ContextPreimage, 'session_public_key'>,
    clockOffset?: number,
  ) {
    this.#transport = transport;
    this.#key = key;
    this.#context = Object.freeze({ ...context, session_public_key: hex(key.publicKey) });
    this.#requests = new GrantRequests(transport, key, this.#context, clockOffset);
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

  /** Whether `keep` can: not before its proof was accepted, nor where WebCrypto has no Ed25519. */
  get isKeepable(): boolean {
    return this.#key.handle !== undefined && this.#verificationId !== undefined && this.#unlocks !== undefined;
  }

  /**
   * What `Veilpass.reopenSession` makes it again of after a reload: for IndexedDB, which keeps the key without being able
   * to read it. No grant is in it. Whoever uses this page's storage can listen by it until the session ends.
   * @throws CryptoError `not-keepable`
   */
  keep(): KeptSession {
    const [privateKey, verificationId, unlocks] = [this.#key.handle, this.#verificationId, this.#unlocks];
    if (!privateKey || !verificationId || !unlocks) {
      const why =
        !privateKey && !this.#isClosed ? 'the platform does not keep its key' : 'it was not opened, or closed';
      throw new CryptoError('not-keepable', `the session cannot be kept: ${why}`, 'Leave the page open.');
    }
    const { registry_id: registryId, track_id: trackId } = unlocks;
    const { clockOffset } = this.#requests;
    return { version: 1, registryId, trackId, verificationId, context: this.#context, privateKey, clockOffset };
  }

  /** A grant that counts for a while; asks for another when the one that there is does not. */
  async grant(options?: { signal?: AbortSignal | undefined }): Promise<Grant> {
    this.#throwIfClosed();
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

  #attach(id: string, grant: Grants, unlocks: Unlocks | undefined): void {
    this.#verificationId = id;
    this.#unlocks = unlocks;
    this.#held = undefined;
    if (grant) this.#held = this.#requests.take(grant);
    if (this.#isClosed) void this.revoke().catch(() => {});
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
    if (!id) throw new CryptoError('not-verified', 'no proof was verified for this session yet', 'Prove first.');
    try {
      this.#held = await this.#requests.send(id);
      return this.#held;
    } finally {
      // Closed meanwhile: `close` could revoke the grant before this one only.
      if (this.#isClosed) await this.revoke().catch(() => {});
      this.#throwIfClosed();
    }
  }

  #throwIfClosed(): void {
    if (this.#isClosed) throw new CryptoError('session-closed', 'the session was closed', 'Unlock the track again.');
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
      if (error instanceof ConnectionError || error instanceof ApiError) this.#schedule(RETRY);
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
