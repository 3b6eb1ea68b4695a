/** A session's Ed25519 key: kept by the platform, which signs with it and cannot be made to tell it. */

import { ed25519 } from '@noble/curves/ed25519.js';
import type { Bytes } from './protocol/bytes.js';

export interface SessionKey {
  /** 32 bytes. */
  readonly publicKey: Bytes;
  sign(message: Bytes): Promise<Bytes>;
  /** Forgets the private key. */
  destroy(): void;
}

/** Draws a key: one that cannot be exported where WebCrypto has Ed25519, else one in this memory. */
export async function createSessionKey(): Promise<SessionKey> {
  try {
    const pair = (await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify'])) as CryptoKeyPair;
    let privateKey: CryptoKey | undefined = pair.privateKey;
    return {
      publicKey: new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey)),
      async sign(message) {
        if (!privateKey) throw new Error('the session has ended');
        return new Uint8Array(await crypto.subtle.sign('Ed25519', privateKey, message));
      },
      destroy() {
        privateKey = undefined;
      },
    };
  } catch {
    return inMemoryKey();
  }
}

/** For browsers whose WebCrypto does not have Ed25519. */
export function inMemoryKey(): SessionKey {
  const secret = ed25519.utils.randomSecretKey();
  let isDestroyed = false;
  return {
    publicKey: new Uint8Array(ed25519.getPublicKey(secret)),
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
