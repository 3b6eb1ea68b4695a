// Writes what an API sends: see crates/leafset.
import { sha256 } from '@noble/hashes/sha2.js';
import { bigEndian, concat, utf8 } from '../../src/protocol/bytes.ts';
import { fieldFromBigInt } from '../../src/protocol/field.ts';

export interface FileOptions {
  readonly registryId?: Uint8Array;
  readonly version?: number;
  readonly root?: Uint8Array;
}

export const withChecksum = (bytes: Uint8Array) => concat(bytes, sha256(bytes));

export function leavesFile(leaves: readonly Uint8Array[], options: FileOptions = {}) {
  return withChecksum(concat(header('VPLEAVES', leaves.length, options), new Uint8Array(24), ...leaves));
}

export function changesFile(
  changes: readonly { place: number; leaf: Uint8Array }[],
  leafCount: number,
  since = 0x0200,
) {
  const body = changes.flatMap(({ place, leaf }) => [bigEndian(place, 4), leaf]);
  const counts = [bigEndian(since, 8), bigEndian(changes.length, 8), new Uint8Array(8)];
  return withChecksum(concat(header('VPCHANGE', leafCount, {}), ...counts, ...body));
}

function header(magic: string, leafCount: number, { registryId, version = 0x0304, root }: FileOptions) {
  return concat(
    utf8(magic),
    bigEndian(1, 4),
    bigEndian(32, 4),
    registryId ?? fieldFromBigInt(0x0102n),
    bigEndian(version, 8),
    bigEndian(0x0506, 8),
    root ?? fieldFromBigInt(0x0708n),
    bigEndian(leafCount, 8),
  );
}
