/**
 * The envelope that carries a witness to a prover, past everything in between: HPKE (RFC 9180), base mode,
 * DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20-Poly1305; `info` is `veilpass.v1.witness`, the additional data is
 * the statement, so that an envelope cannot be moved to another job. The same as `crates/sealing`.
 */

import { Chacha20Poly1305 } from '@hpke/chacha20poly1305';
import { CipherSuite, HkdfSha256 } from '@hpke/core';
import { DhkemX25519HkdfSha256 } from '@hpke/dhkem-x25519';
import { sha256 } from '@noble/hashes/sha2.js';
import { CryptoError } from '../errors.js';
import { SEALED_WITNESS_BYTES } from '../pins.js';
import { type Bytes, bigEndian, concat, fromHex, hex, utf8 } from '../protocol/bytes.js';
import { assertField, fieldFromHex } from '../protocol/field.js';
import { type ProofStatement, statementBytes } from '../protocol/statement.js';
import type { FieldHex } from '../types.js';

const INFO = utf8('veilpass.v1.witness');
const VERSION = 1;

/** The private part of a claim as far as the device knows it; the prover adds the path. */
export interface OwnershipWitness {
  /** 32 bytes, big-endian. */
  readonly secret: Uint8Array;
  readonly tokenId: FieldHex;
  /** Where the leaf may be: the prover finds it by its value. */
  readonly leafIndexHint: number;
}

export function suite(): CipherSuite {
  return new CipherSuite({
    kem: new DhkemX25519HkdfSha256(),
    kdf: new HkdfSha256(),
    aead: new Chacha20Poly1305(),
  });
}

/** The name of a prover's public key: the first 16 bytes of a SHA-256, as lowercase hexadecimal digits. */
export function proverKeyId(publicKey: Uint8Array): string {
  return hex(sha256(concat(utf8('veilpass.v1.prover-key'), publicKey)).subarray(0, 16));
}

/** Seals a witness to a prover for one statement: encapsulated key (32 bytes), then ciphertext (85). */
export async function sealWitness(
  publicKeyHex: string,
  statement: ProofStatement,
  witness: OwnershipWitness,
): Promise<Bytes> {
  const plaintext = witnessBytes(witness);
  try {
    const hpke = suite();
    const recipientPublicKey = await hpke.kem.importKey('raw', fromHex(publicKeyHex, 32).buffer, true);
    const { enc, ct } = await hpke.seal({ recipientPublicKey, info: INFO }, plaintext, statementBytes(statement));
    const envelope = concat(new Uint8Array(enc), new Uint8Array(ct));
    if (envelope.length !== SEALED_WITNESS_BYTES) throw new Error('length');
    return envelope;
  } catch {
    // A key of small order, say. The library's words are not for a page.
    throw new CryptoError('seal-failed', "the witness cannot be sealed to the prover's key", 'Prove on the device.');
  } finally {
    plaintext.fill(0);
  }
}

/** 69 bytes: version 1, secret (32), token id (32), leaf-index hint (4), all big-endian. */
function witnessBytes({ secret, tokenId, leafIndexHint }: OwnershipWitness): Bytes {
  assertField(secret, 'the secret');
  return concat(Uint8Array.of(VERSION), secret, fieldFromHex(tokenId, 'the token id'), bigEndian(leafIndexHint, 4));
}
