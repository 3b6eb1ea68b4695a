/** Addresses that no key signs for: those of a program's accounts. */

import { ed25519 } from '@noble/curves/ed25519.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { base58 } from '@scure/base';
import { CryptoError } from '../errors.js';
import { concat, utf8 } from '../protocol/bytes.js';
import { fieldFromHex } from '../protocol/field.js';
import { addressBytes } from '../protocol/identifiers.js';
import type { AddressBase58, FieldHex } from '../types.js';

const MARKER = utf8('ProgramDerivedAddress');

/** The first address of `SHA-256(seeds || bump || program || marker)` that is on no curve, the bump from 255 down. */
export function programAddress(seeds: readonly Uint8Array[], program: AddressBase58): AddressBase58 {
  const id = addressBytes(program, 'the program');
  for (let bump = 255; bump >= 0; bump--) {
    const candidate = sha256(concat(...seeds, Uint8Array.of(bump), id, MARKER));
    if (!isPoint(candidate)) return base58.encode(candidate);
  }
  throw new CryptoError('no-program-address', 'every address of these seeds is a key');
}

/** The account of a registry: `["registry", registry id]`. */
export const registryAddress = (registryId: FieldHex, program: AddressBase58): AddressBase58 =>
  programAddress([utf8('registry'), fieldFromHex(registryId, 'the registry id')], program);

/** Whether 32 bytes are a point of Ed25519's curve: then they may be somebody's key. */
function isPoint(bytes: Uint8Array): boolean {
  try {
    // Solana decompresses as ZIP 215 does: encodings that are not canonical are points, too.
    ed25519.Point.fromBytes(bytes, true);
    return true;
  } catch {
    return false;
  }
}
