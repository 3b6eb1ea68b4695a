/** The registry's tree: binary, of depth 32, built from all leaves. */

import { LeavesError } from '../errors.js';
import { TREE_DEPTH } from '../pins.js';
import type { Bytes } from '../protocol/bytes.js';
import { FIELD_BYTES } from '../protocol/field.js';

/** `H(NODE, left, right)` of two canonical elements of 32 bytes. */
export type NodeHasher = (left: Uint8Array, right: Uint8Array) => Uint8Array;

/** The way from a leaf to the root. */
export interface MerklePath {
  readonly index: number;
  /** The sibling at each level, lowest first: 32 bytes each. */
  readonly siblings: readonly Bytes[];
}

/** A tree. Each level is one array of 32 bytes a node; what is right of it is empty. */
export class LeafTree {
  readonly #hash: NodeHasher;
  readonly #levels: Bytes[];
  /** The root of a subtree without leaves, by its height. */
  readonly #empty: Bytes[];
  #width: number;

  /** @param leaves 32 bytes each, canonical; taken over */
  constructor(leaves: Bytes, hash: NodeHasher) {
    this.#hash = hash;
    this.#width = leaves.length / FIELD_BYTES;
    this.#empty = [new Uint8Array(FIELD_BYTES)];
    for (let height = 0; height < TREE_DEPTH; height++) {
      const below = this.#empty[height] as Bytes;
      this.#empty.push(new Uint8Array(hash(below, below)));
    }
    this.#levels = [leaves];
    for (let level = 1; level <= TREE_DEPTH; level++) {
      const width = widthAt(this.#width, level);
      this.#levels.push(new Uint8Array(width * FIELD_BYTES));
      for (let position = 0; position < width; position++) this.#rehash(level, position);
    }
  }

  get root(): Bytes {
    return this.#node(TREE_DEPTH, 0);
  }

  /** The path of a place in use. */
  path(index: number): MerklePath {
    if (!Number.isInteger(index) || index < 0 || index >= this.#width) throw new RangeError('no such place');
    const siblings = Array.from({ length: TREE_DEPTH }, (_, level) => {
      const position = Math.floor(index / 2 ** level);
      return this.#node(level, position % 2 === 0 ? position + 1 : position - 1);
    });
    return { index, siblings };
  }

  /** Sets places, which may be new ones at the end, and hashes again what is above them. */
  apply(changes: readonly { readonly place: number; readonly leaf: Uint8Array }[], leafCount: number): void {
    if (leafCount < this.#width) throw new LeavesError('a tree does not shrink');
    const before = this.#width;
    this.#grow(leafCount);
    let positions = new Set<number>();
    for (let place = before; place < leafCount; place++) positions.add(place);
    for (const { place, leaf } of changes) {
      if (place >= leafCount) throw new LeavesError('a change is of a place that the tree has not');
      (this.#levels[0] as Bytes).set(leaf, place * FIELD_BYTES);
      positions.add(place);
    }
    for (let level = 1; level <= TREE_DEPTH; level++) {
      positions = new Set(Array.from(positions, (position) => Math.floor(position / 2)));
      for (const position of positions) this.#rehash(level, position);
    }
  }

  #grow(leafCount: number): void {
    this.#width = leafCount;
    for (let level = 0; level <= TREE_DEPTH; level++) {
      const old = this.#levels[level] as Bytes;
      const width = widthAt(leafCount, level);
      if (width * FIELD_BYTES === old.length) continue;
      const grown = new Uint8Array(width * FIELD_BYTES);
      grown.set(old);
      this.#levels[level] = grown;
    }
  }

  #node(level: number, position: number): Bytes {
    const nodes = this.#levels[level] as Bytes;
    const at = position * FIELD_BYTES;
    return at < nodes.length ? nodes.slice(at, at + FIELD_BYTES) : (this.#empty[level] as Bytes);
  }

  #rehash(level: number, position: number): void {
    const [left, right] = [this.#node(level - 1, 2 * position), this.#node(level - 1, 2 * position + 1)];
    const empty = this.#empty[level - 1] as Bytes;
    // What was zeroed costs no hashing.
    const node = isSame(left, empty) && isSame(right, empty) ? (this.#empty[level] as Bytes) : this.#hash(left, right);
    (this.#levels[level] as Bytes).set(node, position * FIELD_BYTES);
  }
}

const widthAt = (leaves: number, level: number): number => Math.ceil(leaves / 2 ** level);

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 0; i < FIELD_BYTES; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Where a leaf is among leaves of 32 bytes each; -1 if it is not there. */
export function findLeaf(leaves: Uint8Array, leaf: Uint8Array): number {
  for (let at = 0; at < leaves.length; at += FIELD_BYTES) {
    // The first bytes decide nearly always.
    if (leaves[at + 31] === leaf[31] && leaves[at + 30] === leaf[30]) {
      if (isSame(leaves.subarray(at, at + FIELD_BYTES), leaf)) return at / FIELD_BYTES;
    }
  }
  return -1;
}
