/** Downloads of leaves. A download that breaks off goes on where it was; what is kept is asked for its changes only. */

import { delay } from '../abort.js';
import { AbortError, ApiError, ConnectionError, LeavesError } from '../errors.js';
import type { Bytes } from '../protocol/bytes.js';
import { chunks, type Transport } from '../transport.js';
import type { FieldHex } from '../types.js';

/** Ranges begin at multiples of this, in bytes, and are as long: a shorter one would say which leaf somebody is interested in. */
const RANGE = 65_536;
/** The number of leaves stands in the first bytes of a file. */
const COUNT_END = 104;
const RESUMES = 5;
/** Milliseconds without a byte after which a download has broken off. */
const STALLED = 20_000;
/** A gigabyte: 2^25 leaves. A page could not hold more. */
const MOST_BYTES = 2 ** 30;

export class LeavesDownloader {
  readonly #transport: Transport;
  readonly #path: string;

  constructor(transport: Transport, registryId: FieldHex) {
    this.#transport = transport;
    this.#path = `/v1/registries/${registryId}/leaves`;
  }

  /** The newest version. */
  async newestVersion(signal: AbortSignal | undefined): Promise<number> {
    const response = await this.#transport.send(this.#path, { method: 'HEAD', signal });
    const version = Number(/\/leaves\/(\d+)$/.exec(new URL(response.url).pathname)?.[1] ?? Number.NaN);
    if (!Number.isSafeInteger(version)) throw new LeavesError('the API does not say which version is the newest');
    return version;
  }

  /** What makes one version into another; nothing if that is no less than everything. */
  async changes(since: number, version: number, signal: AbortSignal | undefined): Promise<Bytes | undefined> {
    const path = `${this.#path}/${version}/changes?since=${since}`;
    try {
      const response = await this.#transport.send(path, { cache: 'default', signal });
      return new Uint8Array(await response.arrayBuffer());
    } catch (error) {
      if (error instanceof ApiError && error.status === 410) return undefined;
      throw error;
    }
  }

  /** A whole version. `onFraction` is told how much of it is here. */
  async whole(
    version: number,
    signal: AbortSignal | undefined,
    onFraction: (fraction: number) => void,
    cache: RequestCache = 'default',
  ): Promise<Bytes> {
    const download = new Download(onFraction);
    for (let attempt = 0; ; attempt++) {
      try {
        const from = download.resumeAt();
        const headers: Record<string, string> = from > 0 ? { range: `bytes=${from}-` } : {};
        const path = `${this.#path}/${version}`;
        const response = await this.#transport.send(path, { headers, cache, isStream: true, signal });
        const push = download.begin(response, from);
        for await (const chunk of chunks(response, STALLED, signal)) push(chunk);
        return download.finish();
      } catch (error) {
        if (signal?.aborted) throw new AbortError({ cause: error });
        if (error instanceof ApiError || error instanceof LeavesError || attempt >= RESUMES) throw error;
        await delay(250 * 2 ** attempt, signal);
      }
    }
  }
}

/** The bytes of a file so far. Its length is known once the header is here. */
class Download {
  #file: Bytes = new Uint8Array(RANGE);
  #length = 0;
  #total: number | undefined;
  readonly #onFraction: (fraction: number) => void;

  constructor(onFraction: (fraction: number) => void) {
    this.#onFraction = onFraction;
  }

  resumeAt(): number {
    const at = Math.floor(this.#length / RANGE) * RANGE;
    // The API answers no shorter part: the end of a file may be a single leaf.
    const isShort = this.#total !== undefined && this.#total - at < RANGE;
    return isShort ? Math.max(0, at - RANGE) : at;
  }

  /** Where the answer's bytes go. */
  begin(response: Response, asked: number): (chunk: Uint8Array) => void {
    const isPart = response.status === 206;
    if (isPart && !response.headers.get('content-range')?.startsWith(`bytes ${asked}-`)) {
      throw new LeavesError('the API sent another part than what was asked for');
    }
    this.#length = isPart ? asked : 0;
    return (chunk) => this.#push(chunk);
  }

  #push(chunk: Uint8Array): void {
    const end = this.#length + chunk.length;
    if (end > this.#file.length) {
      if (end > (this.#total ?? MOST_BYTES)) throw new LeavesError('the download is longer than it says');
      const grown = new Uint8Array(Math.min(Math.max(end, 2 * this.#file.length), this.#total ?? MOST_BYTES));
      grown.set(this.#file.subarray(0, this.#length));
      this.#file = grown;
    }
    this.#file.set(chunk, this.#length);
    this.#length = end;
    if (this.#total === undefined && end >= COUNT_END) {
      const count = new DataView(this.#file.buffer).getBigUint64(96);
      if (count > BigInt(MOST_BYTES / 32 - 8)) throw new LeavesError('there are more leaves than a device can hold');
      this.#total = 128 + 32 * Number(count) + 32;
    }
    if (this.#total !== undefined) this.#onFraction(Math.min(1, end / this.#total));
  }

  finish(): Bytes {
    if (this.#total === undefined || this.#length < this.#total) throw new ConnectionError('the download broke off');
    return this.#file.slice(0, this.#length);
  }
}
