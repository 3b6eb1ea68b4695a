/**
 * Public downloads that outlive the page, in the Cache API where there is one. What is kept is checked each time it is
 * read.
 */

import type { Bytes } from '../protocol/bytes.js';

const NAME = 'veilpass-v1';

/** Keeps one body under a name. Failures count as "not there": a cache is no place to fail. */
export class PublicCache {
  async read(key: string): Promise<Bytes | undefined> {
    try {
      const response = await (await this.#open())?.match(urlOf(key));
      return response && new Uint8Array(await response.arrayBuffer());
    } catch {
      return undefined;
    }
  }

  async write(key: string, body: Bytes): Promise<void> {
    try {
      const headers = { 'content-type': 'application/octet-stream' };
      await (await this.#open())?.put(urlOf(key), new Response(body, { headers }));
    } catch {
      // The quota, or a private window.
    }
  }

  async remove(key: string): Promise<void> {
    try {
      await (await this.#open())?.delete(urlOf(key));
    } catch {
      // Not there.
    }
  }

  async #open(): Promise<Cache | undefined> {
    return globalThis.caches?.open(NAME);
  }
}

/** Names of a cache are URLs. Nothing is ever fetched from this one (RFC 2606). */
const urlOf = (key: string): string => `https://veilpass.invalid/${key}`;
