/**
 * Elements of Fr, the scalar field of BN254. As bytes: 32, big-endian, below the modulus. As text: `0x` and 64
 * lowercase hexadecimal digits. Whatever is not canonical is refused, never reduced: the libraries below would reduce,
 * or pad.
 */

import { CryptoError } from '../errors.js';
import type { FieldHex } from '../types.js';
import { type Bytes, fromHex, hex } from './bytes.js';

/** Bytes of an element. */
export const FIELD_BYTES = 32;
/** `r`. */
export const MODULUS = 0x30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001n;
const MODULUS_BYTES = fromHex(MODULUS.toString(16), FIELD_BYTES);

/** Whether these are the canonical 32 bytes of an element. */
export function isField(bytes: Uint8Array): boolean {
  if (bytes.length !== FIELD_BYTES) return false;
  for (let i = 0; i < FIELD_BYTES; i++) {
    const [byte, limit] = [bytes[i] as number, MODULUS_BYTES[i] as number];
    if (byte !== limit) return byte < limit;
  }
  return false;
}

/** Throws unless these are the canonical 32 bytes of an element. Does not repeat them. */
export function assertField(bytes: Uint8Array, what: string): void {
  if (!isField(bytes)) throw notCanonical(what);
}

/** Reads the canonical text. */
export function fieldFromHex(text: FieldHex, what = 'a field element'): Bytes {
  if (typeof text !== 'string' || !text.startsWith('0x')) throw notCanonical(what);
  let bytes: Bytes;
  try {
    bytes = fromHex(text.slice(2), FIELD_BYTES);
  } catch {
    throw notCanonical(what);
  }
  assertField(bytes, what);
  return bytes;
}

/** Writes the canonical text. */
export function fieldToHex(bytes: Uint8Array): FieldHex {
  assertField(bytes, 'a field element');
  return `0x${hex(bytes)}`;
}

/** The element as an integer. Integers cannot be wiped: of secrets, make none that live long. */
export function fieldToBigInt(bytes: Uint8Array): bigint {
  assertField(bytes, 'a field element');
  return BigInt(`0x${hex(bytes)}`);
}

/** The element of an integer below the modulus. */
export function fieldFromBigInt(value: bigint): Bytes {
  if (value < 0n || value >= MODULUS) throw notCanonical('an integer');
  return fromHex(value.toString(16).padStart(2 * FIELD_BYTES, '0'), FIELD_BYTES);
}

function notCanonical(what: string): CryptoError {
  return new CryptoError('not-canonical', `${what} is no canonical element of the BN254 scalar field`);
}
