// Files of leaves: all of one is as it should be, or it is refused. The same cases as crates/leafset/tests/files.rs.
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { decodeChanges, decodeLeaves } from '../../src/leaves/format.ts';
import { findLeaf, LeafTree } from '../../src/leaves/tree.ts';
import { bigEndian, concat, hex, utf8 } from '../../src/protocol/bytes.ts';
import { fieldFromBigInt, fieldToHex, MODULUS } from '../../src/protocol/field.ts';
import { hashNode } from '../../src/protocol/hash.ts';
import { changesFile, leavesFile, withChecksum } from './files.ts';

const leaf = (value: number | bigint) => fieldFromBigInt(BigInt(value));
const modulus = Uint8Array.from(Buffer.from(MODULUS.toString(16), 'hex'));

describe('leaves', () => {
  const file = leavesFile([leaf(1), leaf(0), leaf(3)]);

  test('are laid out as documented', () => {
    expect(decodeLeaves(file)).toEqual({
      header: {
        registryId: fieldToHex(leaf(0x0102)),
        version: 0x0304,
        rootSeq: 0x0506,
        root: fieldToHex(leaf(0x0708)),
        leafCount: 3,
      },
      leaves: concat(leaf(1), leaf(0), leaf(3)),
    });
    expect(file.length).toBe(128 + 96 + 32);
    expect(hex(file.subarray(-32))).toBe(createHash('sha256').update(file.subarray(0, -32)).digest('hex'));
  });

  test('of another length are refused', () => {
    for (let length = 0; length < file.length; length++) expect(() => decodeLeaves(file.slice(0, length))).toThrow();
    expect(() => decodeLeaves(concat(file, Uint8Array.of(0)))).toThrow('complete');
  });

  test('with any byte changed are refused', () => {
    for (let at = 0; at < file.length; at++) {
      const changed = file.slice();
      changed[at] = (changed[at] as number) ^ 1;
      expect(() => decodeLeaves(changed), `byte ${at}`).toThrow();
    }
  });

  test.each([
    ['magic', 0, utf8('VPCHANGE')],
    ['format', 8, bigEndian(2, 4)],
    ['depth', 12, bigEndian(31, 4)],
    ['registry', 16, modulus],
    ['root', 64, modulus],
    ['no leaves', 96, bigEndian(0, 8)],
    ['too many leaves', 96, bigEndian(2 ** 32 + 1, 8)],
    ['version', 48, bigEndian(2n ** 63n, 8)],
    ['reserved', 104, Uint8Array.of(1)],
    ['reserved, last', 127, Uint8Array.of(1)],
    ['leaf', 128, modulus],
    ['last leaf', 128 + 64, modulus],
  ])('with another %s are refused, whatever their checksum', (_, at, bytes) => {
    const changed = file.slice(0, -32);
    changed.set(bytes, at);
    expect(() => decodeLeaves(withChecksum(changed))).toThrow();
  });
});

describe('changes', () => {
  const changes = [
    { place: 0, leaf: leaf(0) },
    { place: 3, leaf: leaf(7) },
    { place: 8, leaf: leaf(9) },
  ];

  test('are laid out as documented', () => {
    const decoded = decodeChanges(changesFile(changes, 9));
    expect(decoded.since).toBe(0x0200);
    expect(decoded.changes).toEqual(changes);
    expect(decodeChanges(changesFile([], 9)).changes).toEqual([]);
  });

  test('out of order, of one place twice, or of a place that is not there, are refused', () => {
    const [a, b] = changes as [(typeof changes)[0], (typeof changes)[0]];
    expect(() => decodeChanges(changesFile([b, a], 9))).toThrow('order');
    expect(() => decodeChanges(changesFile([a, a], 9))).toThrow('order');
    expect(() => decodeChanges(changesFile(changes, 8))).toThrow('order');
    expect(() => decodeChanges(changesFile(changes, 2))).toThrow();
  });

  test('that are no leaves, or start after they end, are refused', () => {
    const file = changesFile(changes, 9).slice(0, -32);
    const edited = (at: number, bytes: Uint8Array) => {
      const copy = file.slice();
      copy.set(bytes, at);
      return withChecksum(copy);
    };
    expect(() => decodeChanges(edited(128 + 4, modulus))).toThrow('canonical');
    expect(() => decodeChanges(edited(104, bigEndian(0x0305, 8)))).toThrow('after');
    expect(() => decodeChanges(edited(120, Uint8Array.of(1)))).toThrow('canonical');
    expect(() => decodeLeaves(changesFile(changes, 9))).toThrow('no file of leaves');
  });
});

describe('a tree', () => {
  const flat = (values: readonly number[]) => concat(...values.map(leaf));
  const build = (values: readonly number[]) => new LeafTree(flat(values), hashNode);

  test('gives paths that lead to its root', () => {
    const values = [11, 12, 13, 14, 15];
    const tree = build(values);
    values.forEach((value, index) => {
      const root = tree.path(index).siblings.reduce((node, sibling, level) => {
        return Math.floor(index / 2 ** level) % 2 === 1 ? hashNode(sibling, node) : hashNode(node, sibling);
      }, leaf(value));
      expect(root).toEqual(tree.root);
    });
    for (const index of [-1, 5, 0.5]) expect(() => tree.path(index)).toThrow(RangeError);
  });

  test('changed is as one that is built anew', () => {
    const tree = build([1, 2, 3]);
    tree.apply([{ place: 1, leaf: leaf(0) }], 3);
    expect(tree.root).toEqual(build([1, 0, 3]).root);
    const more = [3, 4, 5, 6, 7, 8].map((place) => ({ place, leaf: leaf(place * 10) }));
    tree.apply(more, 9);
    const rebuilt = build([1, 0, 3, 30, 40, 50, 60, 70, 80]);
    expect(tree.root).toEqual(rebuilt.root);
    for (let index = 0; index < 9; index++) expect(tree.path(index)).toEqual(rebuilt.path(index));
    expect(() => tree.apply([], 8)).toThrow('shrink');
    expect(() => tree.apply([{ place: 9, leaf: leaf(1) }], 9)).toThrow();
  });

  test('of empty leaves hashes to the empty root', () => {
    const empty = Array.from({ length: 32 }).reduce<Uint8Array>((node) => hashNode(node, node), new Uint8Array(32));
    expect(build([0, 0, 0]).root).toEqual(empty);
  });

  test('a leaf is found by its value', () => {
    const leaves = flat([5, 6, 261, 6 + 2 ** 24]);
    expect([5, 6, 261, 6 + 2 ** 24, 7].map((value) => findLeaf(leaves, leaf(value)))).toEqual([0, 1, 2, 3, -1]);
  });
});
