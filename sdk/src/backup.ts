/**
 * An identity's backup: `veilpass-identity-1.` salt `.` nonce `.` sealed secret, each in unpadded base64url.
 *
 * | part | bytes | what |
 * |---|---|---|
 * | salt | 16 | random; of scrypt (RFC 7914) with N = 2^17, r = 8, p = 1, over the passphrase in NFKC and UTF-8 |
 * | nonce | 12 | random |
 * | sealed secret | 48 | AES-256-GCM of the secret's 32 bytes with its tag; what comes before it is authenticated |
 *
 * The costs are the version's and not in the text: whoever alters one cannot make it cheaper to guess, or endless to
 * open.
 */

import { scryptAsync } from '@noble/hashes/scrypt.js';
import { base64urlnopad } from '@scure/base';
import { CryptoError } from './errors.js';
import { type Bytes, utf8 } from './protocol/bytes.js';

const PREFIX = 'veilpass-identity-1';
const COSTS = { N: 2 ** 17, r: 8, p: 1, dkLen: 32, asyncTick: 10 };
const MIN_PASSPHRASE = 8;
const [SALT_BYTES, NONCE_BYTES, SEALED_BYTES] = [16, 12, 48];

export async function sealBackup(secret: Bytes, passphrase: string): Promise<string> {
  const [salt, nonce] = [new Uint8Array(SALT_BYTES), new Uint8Array(NONCE_BYTES)];
  crypto.getRandomValues(salt);
  crypto.getRandomValues(nonce);
  if (normalised(passphrase).length < MIN_PASSPHRASE) {
    throw new CryptoError('passphrase-too-short', 'the passphrase is too short', 'Choose eight characters at least.');
  }
  const header = [PREFIX, base64urlnopad.encode(salt), base64urlnopad.encode(nonce)].join('.');
  const key = await stretch(passphrase, salt, 'encrypt');
  const algorithm = { name: 'AES-GCM', iv: nonce, additionalData: utf8(header) };
  const sealed = new Uint8Array(await crypto.subtle.encrypt(algorithm, key, secret));
  return `${header}.${base64urlnopad.encode(sealed)}`;
}

export async function openBackup(backup: string, passphrase: string): Promise<Bytes> {
  const parts = backup.trim().split('.');
  if (parts.length !== 4 || parts[0] !== PREFIX) throw malformed();
  const [salt, nonce, sealed] = [
    decode(parts[1], SALT_BYTES),
    decode(parts[2], NONCE_BYTES),
    decode(parts[3], SEALED_BYTES),
  ];
  const key = await stretch(passphrase, salt, 'decrypt');
  const algorithm = { name: 'AES-GCM', iv: nonce, additionalData: utf8(parts.slice(0, 3).join('.')) };
  try {
    return new Uint8Array(await crypto.subtle.decrypt(algorithm, key, sealed));
  } catch {
    const advice = 'Check the passphrase, and that the backup is complete.';
    throw new CryptoError('backup-locked', 'the backup does not open with this passphrase', advice);
  }
}

async function stretch(passphrase: string, salt: Bytes, use: 'encrypt' | 'decrypt'): Promise<CryptoKey> {
  const bytes = new Uint8Array(await scryptAsync(utf8(normalised(passphrase)), salt, COSTS));
  try {
    return await crypto.subtle.importKey('raw', bytes, 'AES-GCM', false, [use]);
  } finally {
    bytes.fill(0);
  }
}

/** One passphrase for one text, however the keyboard composed it. */
const normalised = (passphrase: string): string => passphrase.normalize('NFKC');

function decode(text: string | undefined, length: number): Bytes {
  let bytes: Uint8Array;
  try {
    bytes = base64urlnopad.decode(text ?? '');
  } catch {
    throw malformed();
  }
  if (bytes.length !== length) throw malformed();
  return new Uint8Array(bytes);
}

function malformed(): CryptoError {
  return new CryptoError('backup-malformed', 'this is no backup of an identity, or not all of it', 'Copy all of it.');
}
