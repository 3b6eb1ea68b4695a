/** What is proved, as bytes. */

import { CryptoError } from '../errors.js';
import type { FieldHex, PublicInputs } from '../types.js';
import { type Bytes, concat } from './bytes.js';
import { FIELD_BYTES, fieldFromHex, fieldToBigInt, fieldToHex } from './field.js';
import { epochElement } from './hash.js';

/** The public inputs without the root: what a client fixes before anything is proved. */
export type ProofStatement = Omit<PublicInputs, 'merkle_root'>;

/** The names in the circuit's order. */
export const PUBLIC_INPUTS = ['registry_id', 'merkle_root', 'track_id', 'epoch', 'nullifier', 'context'] as const;

/** Each element's text, in the circuit's order. */
export function publicInputElements(inputs: PublicInputs): FieldHex[] {
  return PUBLIC_INPUTS.map((name) => (name === 'epoch' ? epochElement(inputs.epoch) : inputs[name]));
}

/** 192 bytes: the six elements in the circuit's order, each 32 bytes, big-endian. */
export function publicInputBytes(inputs: PublicInputs): Bytes {
  return concat(...publicInputElements(inputs).map((text) => fieldFromHex(text)));
}

/** Reads what `publicInputBytes` writes, and nothing else. */
export function parsePublicInputs(bytes: Uint8Array): PublicInputs {
  if (bytes.length !== PUBLIC_INPUTS.length * FIELD_BYTES) {
    throw new CryptoError('not-canonical', 'the public inputs are 192 bytes');
  }
  const part = (index: number) => bytes.subarray(index * FIELD_BYTES, (index + 1) * FIELD_BYTES);
  const text = (index: number) => fieldToHex(part(index));
  const epoch = Number(fieldToBigInt(part(3)));
  if (!Number.isSafeInteger(epoch)) throw new CryptoError('not-canonical', 'the epoch is too large');
  return {
    registry_id: text(0),
    merkle_root: text(1),
    track_id: text(2),
    epoch,
    nullifier: text(4),
    context: text(5),
  };
}

/** 160 bytes that name a statement: registry, track, epoch, nullifier, context, each 32 bytes, big-endian. */
export function statementBytes(statement: ProofStatement): Bytes {
  const { registry_id, track_id, epoch, nullifier, context } = statement;
  const elements = [registry_id, track_id, epochElement(epoch), nullifier, context];
  return concat(...elements.map((text) => fieldFromHex(text)));
}
