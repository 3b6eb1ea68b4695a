/** The account of a registry, as the program writes it: docs/program-layout.md has it to the byte. */

import { LeavesError } from '../errors.js';
import { hex } from '../protocol/bytes.js';
import type { FieldHex } from '../types.js';

const BYTES = 3768;
const DISCRIMINATOR = '2fae6ef6b8b6fcda';
const ROOTS = 64;
const AT = { registryId: 104, minRootSequence: 168, roots: 184 } as const;
const ENTRY = { bytes: 56, sequence: 32, expiresAt: 48 } as const;

/** A root in the account's ring. */
export interface ChainRoot {
  readonly root: FieldHex;
  /** 1, 2, 3... */
  readonly sequence: bigint;
  /** Seconds since the Unix epoch. */
  readonly expiresAt: bigint;
}

/** The roots of a registry that the program accepts: those in its ring that were not revoked. Integers are little-endian. */
export function acceptedRoots(account: Uint8Array, registryId: FieldHex): readonly ChainRoot[] {
  const isRegistry = account.length === BYTES && hex(account.subarray(0, 8)) === DISCRIMINATOR;
  if (!isRegistry || element(account, AT.registryId) !== registryId) {
    throw new LeavesError("the chain's account is not that of this registry");
  }
  const view = new DataView(account.buffer, account.byteOffset, account.byteLength);
  const least = view.getBigUint64(AT.minRootSequence, true);
  return Array.from({ length: ROOTS }, (_, place) => {
    const at = AT.roots + place * ENTRY.bytes;
    return {
      root: element(account, at),
      sequence: view.getBigUint64(at + ENTRY.sequence, true),
      expiresAt: view.getBigInt64(at + ENTRY.expiresAt, true),
    };
  }).filter(({ sequence }) => sequence > 0n && sequence >= least);
}

const element = (bytes: Uint8Array, at: number): FieldHex => `0x${hex(bytes.subarray(at, at + 32))}`;
