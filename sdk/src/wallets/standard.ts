/** Wallets of the Wallet Standard. */

import { SolanaSignMessage, type SolanaSignMessageFeature } from '@solana/wallet-standard-features';
import { getWallets } from '@wallet-standard/app';
import type { Wallet, WalletAccount } from '@wallet-standard/base';
import {
  StandardConnect,
  type StandardConnectFeature,
  StandardDisconnect,
  type StandardDisconnectFeature,
  StandardEvents,
  type StandardEventsFeature,
} from '@wallet-standard/features';
import { VeilpassError, WalletError } from '../errors.js';
import { equalBytes } from '../protocol/bytes.js';
import type { MessageSigner } from './signer.js';

/** A wallet that can connect and sign messages of Solana accounts. */
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

type Features = StandardConnectFeature &
  SolanaSignMessageFeature &
  Partial<StandardDisconnectFeature & StandardEventsFeature>;
type SuitableWallet = Wallet & { readonly features: Features };

/**
 * The wallets that are there. `onChange` is called when one comes or goes: many come only after the page has loaded.
 */
export function discoverWallets(onChange?: (wallets: readonly WalletHandle[]) => void): {
  readonly wallets: readonly WalletHandle[];
  stop(): void;
} {
  const registry = getWallets();
  const handles = new WeakMap<Wallet, WalletHandle>();
  const list = () =>
    registry
      .get()
      .filter(isSuitable)
      .map((wallet) => {
        const handle = handles.get(wallet) ?? handleOf(wallet);
        handles.set(wallet, handle);
        return handle;
      });
  const tell = () => onChange?.(list());
  const stops = onChange ? [registry.on('register', tell), registry.on('unregister', tell)] : [];
  return {
    get wallets() {
      return list();
    },
    stop() {
      for (const stop of stops) stop();
    },
  };
}

function isSuitable(wallet: Wallet): wallet is SuitableWallet {
  const has = (feature: string) => feature in wallet.features;
  return has(StandardConnect) && has(SolanaSignMessage) && wallet.chains.some((chain) => chain.startsWith('solana:'));
}

const signs = (account: WalletAccount) => account.features.includes(SolanaSignMessage);

function handleOf(wallet: SuitableWallet): WalletHandle {
  return {
    name: wallet.name,
    icon: wallet.icon,
    async connect(options) {
      try {
        await wallet.features[StandardConnect].connect({ silent: options?.silent ?? false });
      } catch (error) {
        throw walletFailure(error);
      }
      const account = wallet.accounts.find(signs);
      if (!account) throw new WalletError('unsupported', 'the wallet gave no account that can sign messages');
      return connected(wallet, account);
    },
  };
}

function connected(wallet: SuitableWallet, account: WalletAccount): ConnectedWallet {
  const accounts = () => wallet.accounts.filter(signs).map(({ address }) => address);
  return {
    address: account.address,
    get accounts() {
      return accounts();
    },
    withAccount(address) {
      const other = wallet.accounts.find((candidate) => candidate.address === address && signs(candidate));
      if (!other) throw new WalletError('wrong-account', 'the wallet has no such account');
      return connected(wallet, other);
    },
    async signMessage(message) {
      try {
        const [output] = await wallet.features[SolanaSignMessage].signMessage({ account, message });
        // The standard lets a wallet sign something else than it was given, and say so.
        if (!output || !equalBytes(output.signedMessage, message)) {
          throw new WalletError('unsupported', 'the wallet changed the text before it signed');
        }
        return output.signature;
      } catch (error) {
        throw walletFailure(error);
      }
    },
    async disconnect() {
      await wallet.features[StandardDisconnect]?.disconnect();
    },
    onChange(callback) {
      const stop = wallet.features[StandardEvents]?.on('change', () => callback(accounts()));
      return stop ?? (() => {});
    },
  };
}

/** What a wallet threw, as an error of ours. 4001 is EIP-1193's "the user rejected", which wallets use everywhere. */
export function walletFailure(error: unknown): VeilpassError {
  if (error instanceof VeilpassError) return error;
  const { code, name, message } = (error ?? {}) as { code?: unknown; name?: unknown; message?: unknown };
  const said = `${String(name ?? '')} ${String(message ?? '')}`;
  const rejected = code === 4001 || /reject|denied|declin|cancel/i.test(said);
  return rejected
    ? new WalletError('rejected', 'the request was rejected in the wallet', { cause: error })
    : new WalletError('failed', 'the wallet failed', { cause: error });
}
