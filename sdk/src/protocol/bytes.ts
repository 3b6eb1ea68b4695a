/** Bytes and their texts. Decoders take the canonical form only. */

import { base64 } from '@scure/base';
import { CryptoError } from '../errors.js';

/** Bytes in memory of their own, which WebCrypto and `postMessage` want. */
export type Bytes = Uint8Array<ArrayBuffer>;

const encoder = new TextEncoder();

/** UTF-8. */
export const utf8 = (text: string): Bytes => encoder.encode(text) as Bytes;

/** Lowercase hexadecimal digits, without a prefix. */
export function hex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
  return text;
}

/** Reads what `hex` writes, of `length` bytes, and nothing else. */
export function fromHex(text: string, length: number): Bytes {
  if (typeof text !== 'string' || text.length !== 2 * length || !/^[0-9a-f]*$/.test(text)) {
    throw new CryptoError('not-canonical', `expected ${2 * length} lowercase hexadecimal digits`);
  }
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

/** Padded standard base64. */
export const toBase64 = (bytes: Uint8Array): string => base64.encode(bytes);

/** Reads what `toBase64` writes, of `length` bytes, and nothing else. */
export function fromBase64(text: string, length: number): Bytes {
  let bytes: Uint8Array;
  try {
    bytes = base64.decode(text);
  } catch {
    throw new CryptoError('not-canonical', 'expected padded standard base64');
  }
  if (bytes.length !== length) throw new CryptoError('not-canonical', `expected ${length} bytes of base64`);
  return new Uint8Array(bytes);
}

export function concat(...parts: readonly Uint8Array[]): Bytes {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Whether two byte strings are equal, in a time that depends on their lengths only. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= (a[i] as number) ^ (b[i] as number);
  return difference === 0;
}

/** Unsigned, big-endian. */
export function bigEndian(value: number | bigint, length: 4 | 8): Bytes {
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  if (length === 4) view.setUint32(0, Number(value));
  else view.setBigUint64(0, BigInt(value));
  return bytes;
}
