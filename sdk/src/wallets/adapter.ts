/** Signers from objects of wallet-adapter, which many frontends have already. */

import { WalletError } from '../errors.js';
import type { MessageSigner } from './signer.js';
import { walletFailure } from './standard.js';

/** What wallet-adapter's objects have, and what `useWallet()` gives. */
export interface WalletAdapterLike {
  readonly publicKey: { toBase58(): string } | null;
  signMessage?: ((message: Uint8Array) => Promise<Uint8Array>) | undefined;
}

/**
 * A signer from a connected wallet. The account is the one that is connected now.
 * @throws WalletError `unsupported` if it cannot sign messages, or is not connected
 */
export function fromWalletAdapter(adapter: WalletAdapterLike): MessageSigner {
  const { publicKey } = adapter;
  if (!publicKey) throw new WalletError('unsupported', 'the wallet is not connected');
  if (!adapter.signMessage) throw new WalletError('unsupported', 'the wallet cannot sign messages');
  const address = publicKey.toBase58();
  return {
    address,
    async signMessage(message) {
      if (adapter.publicKey?.toBase58() !== address) throw new WalletError('wrong-account', 'the account has changed');
      try {
        // As a method of its object: many adapters use `this`.
        return await (adapter.signMessage as NonNullable<typeof adapter.signMessage>)(message);
      } catch (error) {
        throw walletFailure(error);
      }
    },
  };
}
