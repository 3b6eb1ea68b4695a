/** The listener's secret. */

import { openBackup, sealBackup } from './backup.js';
import { CryptoError } from './errors.js';
import type { Bytes } from './protocol/bytes.js';
import { assertField, FIELD_BYTES, isField } from './protocol/field.js';
import { hashCommitment, hashNullifier, hashScope } from './protocol/hash.js';
import { recoverSecret } from './recovery.js';
import { openSecret, sealSecret } from './sealed-identity.js';
import type { FieldHex } from './types.js';
import type { MessageSigner } from './wallets/signer.js';

const INSPECT = Symbol.for('nodejs.util.inspect.custom');

/**
 * For the modules of the SDK that seal the secret or prove with it. The bytes are the identity's own: never keep them.
 */
export let exposeSecret: (identity: Identity) => Bytes;

/**
 * A listener's secret `s`: whoever knows it can prove and spend for its tokens. It cannot be printed, serialised, or
 * cloned. It is overwritten by `destroy`; copies that the engine made of it while it hashed (BigInt) are the garbage
 * collector's.
 */
export class Identity {
  readonly #secret: Bytes;
  #commitment: FieldHex | undefined;
  #destroyed = false;

  static {
    exposeSecret = (identity) => identity.#living();
  }

  private constructor(secret: Bytes) {
    assertField(secret, 'the secret');
    this.#secret = secret;
  }

  /** Draws a uniform secret. */
  static create(): Identity {
    const secret = new Uint8Array(FIELD_BYTES);
    do {
      crypto.getRandomValues(secret);
      // Rejection sampling: two bits are cleared (the modulus has 254), then a value that is not below it is drawn
      // again.
      secret[0] = (secret[0] as number) & 0x3f;
    } while (!isField(secret));
    return new Identity(secret);
  }

  /**
   * Opens a backup. Takes as long as making one: the passphrase is stretched on purpose.
   * @throws CryptoError `backup-malformed` (no backup, or not all of it), `backup-locked` (another passphrase, or
   * altered)
   */
  static async restore(backup: string, passphrase: string): Promise<Identity> {
    return new Identity(await openBackup(backup, passphrase));
  }

  /**
   * Opens what `seal` made.
   * @throws CryptoError `sealed-malformed`, `sealed-locked` (another key, or altered), `key-unsuitable`
   */
  static async unseal(sealed: Uint8Array, key: CryptoKey): Promise<Identity> {
    return new Identity(await openSecret(sealed, key));
  }

  /**
   * The secret that a wallet's signature of a fixed text makes: the same on every device with the same wallet. The
   * wallet is asked twice, and must answer the same: hardware wallets, multi-party wallets and passkeys may not, and a
   * secret from such a signature could never be made again.
   * @throws WalletError `not-deterministic`, or what the wallet says
   */
  static async fromWallet(wallet: MessageSigner, options?: { signal?: AbortSignal }): Promise<Identity> {
    return new Identity(await recoverSecret(wallet, options?.signal));
  }

  /** `C = H(IDENTITY, s)`: what enrolment shows of the secret. */
  get commitment(): FieldHex {
    this.#commitment ??= hashCommitment(this.#living());
    return this.#commitment;
  }

  /** `H(NULLIFIER, s, H(SCOPE, registry, track, epoch))`: marks this identity as used there. */
  nullifier(registryId: FieldHex, trackId: FieldHex, epoch: number): FieldHex {
    return hashNullifier(this.#living(), hashScope(registryId, trackId, epoch));
  }

  /**
   * The secret under a passphrase: a text of 124 characters that may be kept anywhere. Takes about a second and 128 MB,
   * so that guessing does too.
   * @param passphrase 8 characters at least
   */
  async backup(passphrase: string): Promise<string> {
    return sealBackup(this.#living(), passphrase);
  }

  /**
   * The secret under a key of this device, at once: 61 bytes, to be stored beside the key (IndexedDB stores key objects).
   * It protects from whoever cannot use the key; for what leaves the device there is `backup`.
   * @param key AES-GCM, 256 bits, not extractable
   * @throws CryptoError `key-unsuitable`
   */
  async seal(key: CryptoKey): Promise<Uint8Array> {
    return sealSecret(this.#living(), key);
  }

  /** Overwrites the secret. Whatever is asked of it afterwards throws. */
  destroy(): void {
    this.#secret.fill(0);
    this.#destroyed = true;
  }

  get isDestroyed(): boolean {
    return this.#destroyed;
  }

  #living(): Bytes {
    if (this.#destroyed) throw new CryptoError('identity-destroyed', 'the identity was destroyed', 'Restore it first.');
    return this.#secret;
  }

  toString(): string {
    return 'Identity(redacted)';
  }

  toJSON(): string {
    return 'Identity(redacted)';
  }

  [INSPECT](): string {
    return 'Identity(redacted)';
  }
}
