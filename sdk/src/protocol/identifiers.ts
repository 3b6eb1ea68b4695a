/** Names of the outside world (mints, slugs, accounts) as field elements, and addresses. */

import { sha256 } from '@noble/hashes/sha2.js';
import { base58 } from '@scure/base';
import { CryptoError } from '../errors.js';
import type { AddressBase58, FieldHex } from '../types.js';
import { type Bytes, bigEndian, hex, utf8 } from './bytes.js';

/**
 * The first 248 bits of `SHA-256(domain || 0x00 || parts...)` as a field element, each part preceded by its length in
 * bytes (u32, big-endian): no two lists of parts share a preimage, and 248 bits are below the modulus.
 */
export function sha256To248(domain: string, ...parts: readonly Uint8Array[]): FieldHex {
  const hasher = sha256.create().update(utf8(domain)).update(new Uint8Array(1));
  for (const part of parts) hasher.update(bigEndian(part.length, 4)).update(part);
  return `0x00${hex(hasher.digest().subarray(0, 31))}`;
}

/** Reads an address: base58 of 32 bytes. */
export function addressBytes(text: AddressBase58, what = 'an address'): Bytes {
  // The length first: decoding is quadratic.
  if (typeof text === 'string' && text.length >= 32 && text.length <= 44) {
    try {
      const bytes = base58.decode(text);
      if (bytes.length === 32) return new Uint8Array(bytes);
    } catch {
      // Not its alphabet.
    }
  }
  throw new CryptoError('not-canonical', `${what} is not the base58 of 32 bytes`);
}

/** The id of a registry, from its account's address. */
export const registryIdOf = (account: AddressBase58): FieldHex =>
  sha256To248('veilpass.v1.registry-id', addressBytes(account, 'the registry'));

/** The id of a track, from its slug. */
export const trackIdOf = (slug: string): FieldHex => sha256To248('veilpass.v1.track-id', utf8(slug));

/** The id of a token, from its mint. It never leaves the device unsealed. */
export const tokenIdOf = (mint: AddressBase58): FieldHex =>
  sha256To248('veilpass.v1.token-id', addressBytes(mint, 'the mint'));
