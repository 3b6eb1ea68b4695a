/** A session's Ed25519 key: kept by the platform, which signs with it and cannot be made to tell it. */

import { ed25519 } from '@noble/curves/ed25519.js';
import { type Bytes, fromHex } from './protocol/bytes.js';

export interface SessionKey {
  /** 32 bytes. */
  readonly publicKey: Bytes;
  /** The platform's object, which can be stored and not read; none if the key is in this memory, or forgotten. */
  readonly handle: CryptoKey | undefined;
  sign(message: Bytes): Promise<Bytes>;
  /** Forgets the private key. */
  destroy(): void;
}

/** Draws a key: one that cannot be exported where WebCrypto has Ed25519, else one in this memory. */
export async function createSessionKey(): Promise<SessionKey> {
  try {
    const pair = (await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify'])) as CryptoKeyPair;
    return platformKey(pair.privateKey, new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey)));
  } catch {
    return inMemoryKey();
  }
}

/** The key that was kept. @param publicKey in hexadecimal digits */
export function keptKey(handle: CryptoKey, publicKey: string): SessionKey {
  return platformKey(handle, fromHex(publicKey, 32));
}

function platformKey(privateKey: CryptoKey, publicKey: Bytes): SessionKey {
  let handle: CryptoKey | undefined = privateKey;
  return {
    publicKey,
    get handle() {
      return handle;
    },
    async sign(message) {
      if (!handle) throw new Error('the session has ended');
      return new Uint8Array(await crypto.subtle.sign('Ed25519', handle, message));
    },
    destroy() {
      handle = undefined;
    },
  };
}

/** For browsers whose WebCrypto does not have Ed25519. */
export function inMemoryKey(): SessionKey {
  const secret = ed25519.utils.randomSecretKey();
  let isDestroyed = false;
  return {
    publicKey: new Uint8Array(ed25519.getPublicKey(secret)),
    handle: undefined,
    async sign(message) {
      if (isDestroyed) throw new Error('the session has ended');
      return new Uint8Array(ed25519.sign(message, secret));
    },
    destroy() {
      isDestroyed = true;
      secret.fill(0);
    },
  };
}
