/** The leaves of one registry, kept up to date. */

import { LeavesError, NotAMemberError } from '../errors.js';
import { concat } from '../protocol/bytes.js';
import { fieldFromHex } from '../protocol/field.js';
import type { Transport } from '../transport.js';
import type { CallOptions, FieldHex } from '../types.js';
import { PublicCache } from './cache.js';
import { LeavesDownloader } from './download.js';
import { type ChangesFile, decodeChanges, decodeLeaves, type LeafFile } from './format.js';
import { findLeaf } from './tree.js';

/** Above this part of all leaves, changes are no longer kept beside an old file: the new one is downloaded. */
const MOST_CHANGES = 0.25;

/** How the leaves came to be what they are: what a tree has to do to follow. */
export interface LeavesUpdate {
  readonly file: LeafFile;
  /** If they were here before: from which version, and by which changes. */
  readonly from: { readonly version: number; readonly changes: ChangesFile['changes'] } | undefined;
}

export class RegistryLeaves {
  readonly #registryId: FieldHex;
  readonly #downloader: LeavesDownloader;
  readonly #cache: PublicCache;
  #current: LeafFile | undefined;
  /** After a lie the browser's cache is not believed either. */
  #mode: RequestCache = 'default';

  constructor(transport: Transport, registryId: FieldHex, cache = new PublicCache()) {
    this.#registryId = registryId;
    this.#downloader = new LeavesDownloader(transport, registryId);
    this.#cache = cache;
  }

  /** What is here; none before the first update. */
  get current(): LeafFile | undefined {
    return this.#current;
  }

  /** Brings them to the newest version. Whether they have the root that they say is for the tree to find out. */
  async update({ signal, onProgress }: CallOptions): Promise<LeavesUpdate> {
    const tell = (fraction: number) => onProgress?.({ stage: 'leaves', place: 'device', fraction });
    tell(0);
    const version = await this.#downloader.newestVersion(signal);
    const known = this.#current ?? (await this.#kept());
    if (known && known.header.version === version) {
      this.#current = known;
      tell(1);
      return { file: known, from: { version, changes: [] } };
    }
    const changed = known && known.header.version < version ? await this.#changed(known, version, signal) : undefined;
    const update = changed ?? { file: await this.#whole(version, signal, tell), from: undefined };
    this.#current = update.file;
    tell(1);
    return update;
  }

  /** The place of a leaf. Nobody is asked. */
  find(leaf: FieldHex): number {
    const index = this.#current ? findLeaf(this.#current.leaves, fieldFromHex(leaf, 'the leaf')) : -1;
    if (index < 0) throw new NotAMemberError();
    return index;
  }

  /** Forgets them: they turned out to be a lie, here or in the cache. */
  async forget(): Promise<void> {
    this.#current = undefined;
    this.#mode = 'reload';
    await this.#cache.remove(this.#key);
  }

  get #key(): string {
    return `leaves/${this.#registryId}`;
  }

  async #kept(): Promise<LeafFile | undefined> {
    const bytes = await this.#cache.read(this.#key);
    if (!bytes) return undefined;
    try {
      const file = decodeLeaves(bytes);
      return file.header.registryId === this.#registryId ? file : undefined;
    } catch {
      return undefined;
    }
  }

  async #whole(version: number, signal: AbortSignal | undefined, tell: (fraction: number) => void): Promise<LeafFile> {
    const bytes = await this.#downloader.whole(version, signal, tell, this.#mode);
    const file = decodeLeaves(bytes);
    this.#check(file, version);
    await this.#cache.write(this.#key, bytes);
    return file;
  }

  async #changed(known: LeafFile, version: number, signal: AbortSignal | undefined): Promise<LeavesUpdate | undefined> {
    const bytes = await this.#downloader.changes(known.header.version, version, signal);
    if (!bytes) return undefined;
    const { header, since, changes } = decodeChanges(bytes);
    this.#check({ header, leaves: known.leaves }, version);
    if (since !== known.header.version || header.leafCount < known.header.leafCount) {
      throw new LeavesError('the changes are of another version');
    }
    if (changes.length > MOST_CHANGES * header.leafCount) return undefined;
    const leaves = concat(known.leaves, new Uint8Array((header.leafCount - known.header.leafCount) * 32));
    for (const { place, leaf } of changes) leaves.set(leaf, place * 32);
    return { file: { header, leaves }, from: { version: known.header.version, changes } };
  }

  #check({ header }: LeafFile, version: number): void {
    if (header.registryId !== this.#registryId || header.version !== version) {
      throw new LeavesError('the leaves are of another registry or version');
    }
  }
}
