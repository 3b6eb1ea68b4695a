import type { MessageSigner } from './signer.js';

/** What wallet-adapter's objects have. */
export interface WalletAdapterLike {
  readonly publicKey: { toBase58(): string } | null;
  signMessage?(message: Uint8Array): Promise<Uint8Array>;
}

/** A signer from a connected wallet-adapter wallet, or from `useWallet()`. */
export function fromWalletAdapter(_adapter: WalletAdapterLike): MessageSigner {
  throw new Error('not yet');
}
