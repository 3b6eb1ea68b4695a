/** The listener's secret. */

import type { FieldHex } from './types.js';
import type { MessageSigner } from './wallets/signer.js';

/** See README. */
export class Identity {
  private constructor() {}
  /** Draws a uniform secret. */
  static create(): Identity {
    throw new Error('not yet');
  }
  /**
   * Opens a backup.
   * @throws CryptoError `backup-damaged` (not a backup), `backup-locked` (other passphrase, or changed)
   */
  static restore(_backup: string, _passphrase: string): Promise<Identity> {
    throw new Error('not yet');
  }
  /**
   * The secret that a wallet's signature of a fixed text makes: the same on every device with the same wallet. The wallet is
   * asked twice, and must answer the same.
   * @throws WalletError `not-deterministic`
   */
  static fromWallet(_wallet: MessageSigner, _options?: { signal?: AbortSignal }): Promise<Identity> {
    throw new Error('not yet');
  }
  /** `C = H(IDENTITY, s)`: what enrolment shows of the secret. */
  get commitment(): FieldHex {
    throw new Error('not yet');
  }
  /** `H(NULLIFIER, s, H(SCOPE, registry, track, epoch))`. */
  nullifier(_registryId: FieldHex, _trackId: FieldHex, _epoch: number): FieldHex {
    throw new Error('not yet');
  }
  /** The secret under a passphrase: a short text (JSON) to be kept anywhere. */
  backup(_passphrase: string): Promise<string> {
    throw new Error('not yet');
  }
  /** Overwrites the secret. Whatever is asked of it afterwards throws. */
  destroy(): void {
    throw new Error('not yet');
  }
  get isDestroyed(): boolean {
    throw new Error('not yet');
  }
}
