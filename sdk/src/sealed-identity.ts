/**
 * An identity that is sealed for one device, under a key that the platform keeps:
 *
 * | part | bytes | what |
 * |---|---|---|
 * | version | 1 | 1 |
 * | nonce | 12 | random |
 * | sealed secret | 48 | AES-256-GCM of the secret's 32 bytes with its tag; label and version are authenticated |
 *
 * No passphrase is stretched: the key has 256 bits. So it opens at once, and is worth what the key's keeping is worth.
 */

import { CryptoError } from './errors.js';
import { type Bytes, concat, utf8 } from './protocol/bytes.js';

const VERSION = 1;
const LABEL = utf8('veilpass.v1.sealed-identity');
const [NONCE_BYTES, SEALED_BYTES] = [12, 61];

/** @throws CryptoError `key-unsuitable` */
export async function sealSecret(secret: Bytes, key: CryptoKey): Promise<Bytes> {
  assertSuitable(key, 'encrypt');
  const version = new Uint8Array([VERSION]);
  const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
  const sealed = await crypto.subtle.encrypt(algorithm(version, nonce), key, secret);
  return concat(version, nonce, new Uint8Array(sealed));
}

/** @throws CryptoError `key-unsuitable`, `sealed-malformed`, `sealed-locked` (another key, or altered) */
export async function openSecret(sealed: Uint8Array, key: CryptoKey): Promise<Bytes> {
  assertSuitable(key, 'decrypt');
  if (!(sealed instanceof Uint8Array) || sealed.length !== SEALED_BYTES || sealed[0] !== VERSION) {
    throw new CryptoError('sealed-malformed', 'this is no sealed identity, or of a version that is not known');
  }
  const [version, nonce, text] = [sealed.slice(0, 1), sealed.slice(1, 1 + NONCE_BYTES), sealed.slice(1 + NONCE_BYTES)];
  try {
    return new Uint8Array(await crypto.subtle.decrypt(algorithm(version, nonce), key, text));
  } catch {
    throw new CryptoError('sealed-locked', 'the identity does not open with this key', 'Restore it from a backup.');
  }
}

function algorithm(version: Uint8Array, iv: Bytes): AesGcmParams {
  return { name: 'AES-GCM', iv, additionalData: concat(LABEL, version) };
}

/** A key that any script could read out would protect nothing. */
function assertSuitable(key: CryptoKey, use: KeyUsage): void {
  const { name, length } = key.algorithm as AesKeyAlgorithm;
  if (name === 'AES-GCM' && length === 256 && !key.extractable && key.usages.includes(use)) return;
  const wanted = `a key of AES-GCM with 256 bits is needed that cannot be exported and may ${use}`;
  throw new CryptoError('key-unsuitable', wanted, 'Draw one with crypto.subtle.generateKey.');
}
