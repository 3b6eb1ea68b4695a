import { Identity } from '@veilpass/sdk';
import { read, remove, write } from './database.ts';

const NAME = 'identity';
const IV_BYTES = 12;

interface Kept {
  /** AES-256-GCM; the browser does not give its bytes to any script, this page's included. */
  key: CryptoKey;
  iv: Uint8Array<ArrayBuffer>;
  /** The passphrase of `backup`, under `key`. */
  sealed: ArrayBuffer;
  /** As the SDK writes it: the secret is encrypted in it. */
  backup: string;
}

/**
 * Keeps an identity on this device. The secret is in a backup under a random passphrase, and that under a key which cannot be
 * exported. So a copy of the profile's files gives the secret only to who also breaks the browser's key store format, and a script
 * of another origin gets nothing; a script that runs in this page could use the key, as the page itself does.
 */
export async function keepIdentity(identity: Identity): Promise<void> {
  const passphrase = crypto.getRandomValues(new Uint8Array(32));
  const key = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  const kept: Kept = {
    key,
    iv,
    sealed: await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, passphrase),
    backup: await identity.backup(base64(passphrase)),
  };
  passphrase.fill(0);
  await write(NAME, kept);
}

/** The identity that was kept here; null if there is none. */
export async function keptIdentity(): Promise<Identity | null> {
  const kept = await read<Kept>(NAME);
  if (!kept) return null;
  const passphrase = new Uint8Array(
    await crypto.subtle.decrypt({ name: 'AES-GCM', iv: kept.iv }, kept.key, kept.sealed),
  );
  try {
    return await Identity.restore(kept.backup, base64(passphrase));
  } finally {
    passphrase.fill(0);
  }
}

export async function forgetIdentity(): Promise<void> {
  await remove(NAME);
}

function base64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}
