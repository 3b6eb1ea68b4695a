/**
 * The files in which leaves come, described to the byte in `crates/leafset`. All of a file is as it should be, or it is
 * refused. Whether its leaves make its root is not computed here.
 */

import { sha256 } from '@noble/hashes/sha2.js';
import { LeavesError } from '../errors.js';
import { type Bytes, equalBytes } from '../protocol/bytes.js';
import { FIELD_BYTES, fieldToHex, isField } from '../protocol/field.js';
import type { FieldHex } from '../types.js';

const HEADER_BYTES = 128;
const CHANGE_BYTES = 4 + FIELD_BYTES;
const CHECKSUM_BYTES = 32;
const FORMAT = 1;
const DEPTH = 32;

/** What a file says of itself. */
export interface LeavesHeader {
  readonly registryId: FieldHex;
  /** The newest change of the tree that is included. */
  readonly version: number;
  /** Number of the first root that was published at this version. */
  readonly rootSeq: number;
  readonly root: FieldHex;
  /** Places in use, zeroed ones included. */
  readonly leafCount: number;
}

/** All leaves of a registry at a version: 32 bytes each, in order; a zeroed place is 0. */
export interface LeafFile {
  readonly header: LeavesHeader;
  readonly leaves: Bytes;
}

/** What makes an older version into a newer one. */
export interface ChangesFile {
  readonly header: LeavesHeader;
  /** The version that it starts from. */
  readonly since: number;
  /** Places grow. */
  readonly changes: readonly { readonly place: number; readonly leaf: Bytes }[];
}

/** Reads a file of leaves. */
export function decodeLeaves(file: Uint8Array): LeafFile {
  const header = parseHeader(file, 'VPLEAVES');
  requireZero(file, 104);
  const body = checkedBody(file, header.leafCount * FIELD_BYTES);
  for (let number = 0; number < header.leafCount; number++) {
    const leaf = body.subarray(number * FIELD_BYTES, (number + 1) * FIELD_BYTES);
    if (!isField(leaf)) throw new LeavesError(`leaf ${number} is no canonical field element`);
  }
  return { header, leaves: body };
}

/** Reads a file of changes. */
export function decodeChanges(file: Uint8Array): ChangesFile {
  const header = parseHeader(file, 'VPCHANGE');
  requireZero(file, 120);
  const [since, count] = [numberAt(file, 104), numberAt(file, 112)];
  if (since > header.version) throw new LeavesError('the changes start after they end');
  if (count > header.leafCount) throw new LeavesError('there are more changes than places');
  const body = checkedBody(file, count * CHANGE_BYTES);
  const view = new DataView(body.buffer, body.byteOffset);
  const changes: { place: number; leaf: Bytes }[] = [];
  let last = -1;
  for (let number = 0; number < count; number++) {
    const at = number * CHANGE_BYTES;
    const place = view.getUint32(at);
    const leaf = body.slice(at + 4, at + CHANGE_BYTES);
    if (!isField(leaf)) throw new LeavesError(`change ${number} is no canonical field element`);
    if (place <= last || place >= header.leafCount) throw new LeavesError(`change ${number} is out of order`);
    changes.push({ place, leaf });
    last = place;
  }
  return { header, since, changes };
}

function parseHeader(file: Uint8Array, magic: string): LeavesHeader {
  if (file.length < HEADER_BYTES + CHECKSUM_BYTES) throw new LeavesError('the download is not complete');
  const view = viewOf(file);
  if (new TextDecoder().decode(file.subarray(0, 8)) !== magic) throw new LeavesError('this is no file of leaves');
  if (view.getUint32(8) !== FORMAT) throw new LeavesError('this format is not known');
  if (view.getUint32(12) !== DEPTH) throw new LeavesError('the tree has another depth');
  const element = (at: number) => {
    const bytes = file.subarray(at, at + FIELD_BYTES);
    if (!isField(bytes)) throw new LeavesError('the header is not canonical');
    return fieldToHex(bytes);
  };
  const leafCount = numberAt(file, 96);
  if (leafCount < 1 || leafCount > 2 ** DEPTH) throw new LeavesError('the number of leaves is not possible');
  return {
    registryId: element(16),
    version: numberAt(file, 48),
    rootSeq: numberAt(file, 56),
    root: element(64),
    leafCount,
  };
}

/** What lies between header and checksum, if length and checksum fit. */
function checkedBody(file: Uint8Array, length: number): Bytes {
  if (file.length !== HEADER_BYTES + length + CHECKSUM_BYTES) {
    throw new LeavesError('the download is not complete, or not one file');
  }
  const end = file.length - CHECKSUM_BYTES;
  if (!equalBytes(sha256(file.subarray(0, end)), file.subarray(end)))
    throw new LeavesError('the checksum does not fit');
  return file.slice(HEADER_BYTES, end) as Bytes;
}

function requireZero(file: Uint8Array, from: number): void {
  if (file.subarray(from, HEADER_BYTES).some((byte) => byte !== 0))
    throw new LeavesError('the header is not canonical');
}

const viewOf = (file: Uint8Array) => new DataView(file.buffer, file.byteOffset, file.byteLength);

/** A u64 that must be one of JavaScript's integers. */
function numberAt(file: Uint8Array, at: number): number {
  const value = Number(viewOf(file).getBigUint64(at));
  if (!Number.isSafeInteger(value)) throw new LeavesError('a number of the header is too large');
  return value;
}
