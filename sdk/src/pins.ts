/**
 * What this SDK is made for. Whatever differs is refused: proofs of one circuit cannot be checked under another's key.
 */

import { PinMismatchError } from './errors.js';
import { GENERATED_PINS } from './generated/pins.js';
import { PUBLIC_INPUTS } from './protocol/statement.js';
import type { Info } from './types.js';

/** Levels between a leaf and the root. */
export const TREE_DEPTH = 32;
/** Bytes of a proof: 226 field elements or half points of 32 bytes (UltraHonk, Keccak transcript, ZK). */
export const PROOF_BYTES = 7232;
/** Bytes of a sealed witness: encapsulated key (32) and ciphertext (85). */
export const SEALED_WITNESS_BYTES = 117;
/** Points of the reference string that the circuit needs, uncompressed: 64 bytes each. */
export const CRS_POINTS = GENERATED_PINS.referenceStringPoints;
/** Bytes of the points, before the 128 bytes of the point of G2. */
export const CRS_G1_BYTES = CRS_POINTS * 64;

export const PINS = {
  ...GENERATED_PINS,
  proofSystem: 'UltraHonk, Keccak transcript, ZK',
} as const;

/** Throws unless the API is pinned to what this SDK is. Its `version` may differ: that is what the pins are for. */
export function checkInfo(info: Info): void {
  const pins: [name: string, expected: unknown, found: unknown][] = [
    ['the circuit', PINS.circuitSha256, info.circuit_sha256],
    ['the verification key', PINS.verificationKeyHash, info.verification_key_hash],
    ['the proof system', PINS.proofSystem, info.proof_system],
    ['the depth of the tree', TREE_DEPTH, info.tree_depth],
    ['the length of a proof', PROOF_BYTES, info.proof_bytes],
    ['the length of a sealed witness', SEALED_WITNESS_BYTES, info.sealed_witness_bytes],
    ['the order of the public inputs', PUBLIC_INPUTS.join(), info.public_inputs?.join()],
  ];
  for (const [name, expected, found] of pins) {
    if (found !== expected) throw new PinMismatchError(name, String(expected), String(found));
  }
}
