/** A session as it is kept across reloads, in IndexedDB: by structured clone, since its key can be had in no other way. */

import { CryptoError } from './errors.js';
import { contextOf } from './protocol/context.js';
import { fieldFromHex } from './protocol/field.js';
import type { AddressBase58, ContextPreimage, FieldHex } from './types.js';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * What is needed to ask for grants again. No grant is in it and no text that is secret; the private key is an object of
 * the platform, which signs and cannot be exported. It tells whoever reads it which track was unlocked.
 */
export interface KeptSession {
  readonly version: 1;
  readonly registryId: FieldHex;
  readonly trackId: FieldHex;
  readonly verificationId: string;
  /** Names the public key, and when the session ends. */
  readonly context: ContextPreimage;
  /** Ed25519. */
  readonly privateKey: CryptoKey;
  /** By how many seconds the service's clock was ahead of this one. */
  readonly clockOffset: number;
}

/** Where a session must be of. */
export interface SessionPlace {
  readonly registryId: FieldHex;
  readonly audience: string;
  readonly programId: AddressBase58;
  readonly cluster: string;
}

/** @throws CryptoError `kept-malformed`, or `kept-elsewhere` if it is of another registry, audience, program or cluster */
export function checkKept(kept: KeptSession, place: SessionPlace): void {
  if (!isKept(kept)) throw new CryptoError('kept-malformed', 'this is no session that was kept', 'Prove again.');
  const { audience, program_id, cluster } = kept.context;
  const isHere =
    kept.registryId === place.registryId &&
    audience === place.audience &&
    program_id === place.programId &&
    cluster === place.cluster;
  if (!isHere) throw new CryptoError('kept-elsewhere', 'the session is of another registry or page', 'Prove again.');
}

function isKept(kept: KeptSession): boolean {
  try {
    const { version, registryId, trackId, verificationId, context, privateKey, clockOffset } = kept;
    fieldFromHex(registryId);
    fieldFromHex(trackId);
    contextOf(context);
    return (
      version === 1 &&
      UUID.test(verificationId) &&
      Number.isSafeInteger(clockOffset) &&
      privateKey instanceof CryptoKey &&
      privateKey.algorithm.name === 'Ed25519' &&
      privateKey.type === 'private' &&
      !privateKey.extractable &&
      privateKey.usages.includes('sign')
    );
  } catch {
    return false;
  }
}
