/** Requests and answers. Nothing of a request is kept, and no URL holds anything that says who listens. */

import { abortable, delay, throwIfAborted } from './abort.js';
import {
  AbortError,
  AnonymitySetTooSmallError,
  ApiError,
  ConnectionError,
  type FieldError,
  NullifierUsedError,
  type Problem,
} from './errors.js';

/** Longest time for a request in milliseconds; downloads and event streams have none. */
const REQUEST_TIMEOUT = 35_000;
/** How often a request is sent that is answered 429 or 503, or not at all. */
const TRIES = 4;
/** Waited before another try, in milliseconds, if the API does not say for how long; at most what it says is waited. */
const PAUSE = 500;
const LONGEST_PAUSE = 30_000;

export interface RequestOptions {
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'DELETE';
  readonly body?: unknown;
  /** A token, for `Authorization: Bearer`. */
  readonly bearer?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether sending it twice is the same as once: a read, or under an idempotency key. By default for GET and HEAD. */
  readonly repeatable?: boolean;
  /** No time limit of its own. */
  readonly isStream?: boolean;
  /** Whether the browser's HTTP cache may answer; by default not. */
  readonly cache?: RequestCache;
  readonly signal?: AbortSignal | undefined;
}

/** Talks to one API. */
export class Transport {
  readonly #base: string;
  readonly #fetch: typeof fetch;

  constructor(base: string | URL, fetchLike: typeof fetch = globalThis.fetch) {
    this.#base = String(base).replace(/\/+$/, '');
    // Unbound: the platform's refuses another `this`.
    this.#fetch = (input, init) => fetchLike(input, init);
  }

  async json<T>(path: string, options: RequestOptions = {}): Promise<T> {
    const response = await this.send(path, options);
    try {
      return (await response.json()) as T;
    } catch (error) {
      if (options.signal?.aborted) throw new AbortError({ cause: error });
      throw new ConnectionError('the answer is no JSON: is this the address of the API?', { cause: error });
    }
  }

  /** POST under an idempotency key of its own, so that it can be sent again. */
  post<T>(path: string, body: unknown, options: RequestOptions = {}): Promise<T> {
    const headers = { 'idempotency-key': crypto.randomUUID(), ...options.headers };
    return this.json(path, { ...options, method: 'POST', body, headers, repeatable: true });
  }

  /** Sends it, and again if the API is busy or away. Resolves with what is no refusal. */
  async send(path: string, options: RequestOptions): Promise<Response> {
    const repeatable = options.repeatable ?? (options.method ?? 'GET') !== 'POST';
    for (let attempt = 1; ; attempt++) {
      throwIfAborted(options.signal);
      const pause = await this.#try(path, options, attempt < TRIES, repeatable);
      if (typeof pause !== 'number') return pause;
      await delay(pause, options.signal);
    }
  }

  /** The answer, or for how many milliseconds to wait. */
  async #try(
    path: string,
    options: RequestOptions,
    mayRetry: boolean,
    repeatable: boolean,
  ): Promise<Response | number> {
    let response: Response;
    try {
      response = await this.#fetch(this.#base + path, requestInit(options));
    } catch (error) {
      if (options.signal?.aborted) throw new AbortError({ cause: error });
      if (mayRetry && repeatable) return PAUSE;
      throw new ConnectionError('the API cannot be reached', { cause: error });
    }
    if (response.ok || response.status === 304) return response;
    const error = await refusal(response);
    // Refused at the door, so that nothing was done; or still being worked on under the same idempotency key.
    const busy = response.status === 429 || response.status === 503 || error.code === 'idempotency-key-in-use';
    if (busy && mayRetry && response.headers.has('retry-after')) {
      return Math.min(Math.max(1000 * (secondsOf(response) ?? 0), PAUSE), LONGEST_PAUSE);
    }
    throw error;
  }
}

function requestInit({ method = 'GET', body, bearer, headers, isStream, cache, signal }: RequestOptions): RequestInit {
  const limit = isStream ? undefined : AbortSignal.timeout(REQUEST_TIMEOUT);
  const signals = [signal, limit].filter((one) => one !== undefined);
  const init: RequestInit = {
    method,
    headers: {
      accept: 'application/json',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
      ...headers,
    },
    cache: cache ?? 'no-store',
    credentials: 'omit',
    referrerPolicy: 'no-referrer',
  };
  if (signals.length > 0) init.signal = AbortSignal.any(signals);
  if (body !== undefined) init.body = JSON.stringify(body);
  return init;
}

function secondsOf(response: Response): number | undefined {
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds : undefined;
}

/** Of a time in RFC 3339. */
function secondsSince1970(time: string): number | undefined {
  const milliseconds = Date.parse(time);
  return Number.isNaN(milliseconds) ? undefined : Math.floor(milliseconds / 1000);
}

/** The bytes of an answer as they come. One of which nothing comes for `stalled` milliseconds has broken off. */
export async function* chunks(
  response: Response,
  stalled: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  const reader = response.body?.getReader();
  if (!reader) throw new ConnectionError('the answer has no body');
  try {
    for (;;) {
      const { done, value } = await beforeStall(() => reader.read(), stalled, signal);
      if (done) return;
      yield value;
    }
  } finally {
    // Frees the connection if the body was not read to its end.
    reader.cancel().catch(() => {});
  }
}

function beforeStall<T>(read: () => Promise<T>, stalled: number, signal: AbortSignal | undefined): Promise<T> {
  return abortable<T>(signal, (resolve, reject) => {
    const timer = setTimeout(() => reject(new ConnectionError('the answer stalled')), stalled);
    const clear = () => clearTimeout(timer);
    read().finally(clear).then(resolve, reject);
    return clear;
  });
}

/** The error that an answer is. */
export async function refusal(response: Response): Promise<ApiError> {
  let document: Record<string, unknown> = {};
  try {
    document = ((await response.json()) ?? {}) as Record<string, unknown>;
  } catch {
    // A proxy's page, or nothing.
  }
  const text = (name: string) => (typeof document[name] === 'string' ? (document[name] as string) : '');
  const problem: Problem = {
    type: text('type') || 'about:blank',
    title: text('title'),
    status: response.status,
    detail: text('detail'),
    errors: Array.isArray(document.errors) ? (document.errors as FieldError[]) : [],
    retryAfter: secondsOf(response),
    timestamp: secondsSince1970(text('timestamp')),
    requestId: response.headers.get('x-request-id') ?? undefined,
  };
  switch (problem.type) {
    case 'urn:veilpass:problem:nullifier-used':
      return new NullifierUsedError(problem);
    case 'urn:veilpass:problem:anonymity-set-too-small':
      return new AnonymitySetTooSmallError(problem);
    default:
      return new ApiError(problem);
  }
}
