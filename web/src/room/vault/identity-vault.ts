import { Identity } from '@veilpass/sdk';
import { read, remove, write } from './database.ts';

const NAME = 'identity';

interface Kept {
  /** AES-256-GCM; the browser does not give its bytes to any script, this page's included. */
  key: CryptoKey;
  /** As the SDK writes it: the secret under `key`. */
  sealed: Uint8Array;
}

/**
 * Keeps an identity on this device, under a key which cannot be exported. A script of another origin gets nothing; a
 * script that runs in this page could use the key, as the page itself does. Browsers keep such keys among the profile's
 * files: who copies all of those has the identity.
 */
export async function keepIdentity(identity: Identity): Promise<void> {
  const key = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
  const kept: Kept = { key, sealed: await identity.seal(key) };
  await write(NAME, kept);
}

/** The identity that was kept here; null if there is none. */
export async function keptIdentity(): Promise<Identity | null> {
  const kept = await read<Kept>(NAME);
  return kept ? Identity.unseal(kept.sealed, kept.key) : null;
}

export async function forgetIdentity(): Promise<void> {
  await remove(NAME);
}
