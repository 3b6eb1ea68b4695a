import type { MessageSigner } from './signer.js';

/** A wallet of the Wallet Standard that can connect and sign messages on Solana. */
export interface WalletHandle {
  readonly name: string;
  /** data: URL of an image, as the wallet gives it. Under a strict CSP it needs `img-src data:`. */
  readonly icon: string;
  /** Asks for an account. `silent`: only if the page was approved before. */
  connect(options?: { silent?: boolean }): Promise<ConnectedWallet>;
}

/** A signer with the way to end it. */
export interface ConnectedWallet extends MessageSigner {
  /** All accounts that the page may use, base58. */
  readonly accounts: readonly string[];
  /** The same wallet, another of its accounts. */
  withAccount(address: string): ConnectedWallet;
  disconnect(): Promise<void>;
  /** Calls back when the wallet's accounts change. Returns how to stop. */
  onChange(callback: (accounts: readonly string[]) => void): () => void;
}

/** The wallets that are there. `onChange` is called when one comes or goes. */
export function discoverWallets(_onChange?: (wallets: readonly WalletHandle[]) => void): {
  readonly wallets: readonly WalletHandle[];
  stop(): void;
} {
  throw new Error('not yet');
}
