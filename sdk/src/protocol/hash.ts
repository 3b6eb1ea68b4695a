/**
 * `H`: one Poseidon2 permutation of width 4 over Fr, a domain constant first. `H(D, a, b, c) = permutation([D, a, b,
 * c])[0]`, absent inputs are 0. A domain constant is the big-endian integer of its ASCII name. The same in Rust
 * (`crates/protocol/src/hash.rs`) and Noir (`circuits/protocol`); `circuits/ownership/vectors.json` holds all to it.
 */

import { permute } from '@zkpassport/poseidon2';
import type { FieldHex } from '../types.js';
import { type Bytes, hex, utf8 } from './bytes.js';
import { fieldFromBigInt, fieldFromHex, fieldToBigInt, fieldToHex } from './field.js';

const domain = (name: string): bigint => BigInt(`0x${hex(utf8(name))}`);

const IDENTITY = domain('veilpass.v1.identity');
const LEAF = domain('veilpass.v1.leaf');
const NODE = domain('veilpass.v1.node');
const SCOPE = domain('veilpass.v1.scope');
const NULLIFIER = domain('veilpass.v1.nullifier');

/** The domain of inner nodes as a field element: for hashers that permute by other means. */
export const NODE_DOMAIN: Bytes = fieldFromBigInt(NODE);

function h(of: bigint, a: bigint, b: bigint, c: bigint): bigint {
  return permute([of, a, b, c])[0] as bigint;
}

const element = (text: FieldHex, what: string): bigint => fieldToBigInt(fieldFromHex(text, what));
const written = (value: bigint): FieldHex => fieldToHex(fieldFromBigInt(value));

/** `C = H(IDENTITY, s)`, of the secret's 32 bytes. */
export function hashCommitment(secret: Uint8Array): FieldHex {
  return written(h(IDENTITY, fieldToBigInt(secret), 0n, 0n));
}

/** `H(LEAF, C, token_id, track_id)`. */
export function hashLeaf(commitment: FieldHex, tokenId: FieldHex, trackId: FieldHex): FieldHex {
  const [token, track] = [element(tokenId, 'the token id'), element(trackId, 'the track id')];
  return written(h(LEAF, element(commitment, 'the commitment'), token, track));
}

/** `H(NODE, left, right)`, in bytes. */
export function hashNode(left: Uint8Array, right: Uint8Array): Bytes {
  return fieldFromBigInt(h(NODE, fieldToBigInt(left), fieldToBigInt(right), 0n));
}

/** `H(SCOPE, registry_id, track_id, epoch)`. */
export function hashScope(registryId: FieldHex, trackId: FieldHex, epoch: number): FieldHex {
  const [registry, track] = [element(registryId, 'the registry id'), element(trackId, 'the track id')];
  return written(h(SCOPE, registry, track, element(epochElement(epoch), 'the epoch')));
}

/** `H(NULLIFIER, s, scope)`, of the secret's 32 bytes. */
export function hashNullifier(secret: Uint8Array, scope: FieldHex): FieldHex {
  return written(h(NULLIFIER, fieldToBigInt(secret), element(scope, 'the scope'), 0n));
}

/** An epoch, which in JSON is a number, as a public input. */
export function epochElement(epoch: number): FieldHex {
  if (!Number.isSafeInteger(epoch) || epoch < 0) throw new RangeError('an epoch is a whole number, and not negative');
  return written(BigInt(epoch));
}
