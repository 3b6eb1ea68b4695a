import { base58 } from '@scure/base';
import { SolanaSignMessage, type SolanaSignMessageFeature } from '@solana/wallet-standard-features';
import { getWallets } from '@wallet-standard/app';
import type { Wallet, WalletAccount } from '@wallet-standard/base';
import { read, write } from '../vault/database.ts';

/** How the demo wallet is called among others. */
export const DEMO_WALLET = 'Demo wallet';

const KEY = 'demo-wallet';
/** Wallets must have one; the page shows none. */
const ICON = 'data:image/svg+xml;base64,PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciLz4=';

/** Asks the person whether to sign; the text is what they see. */
export type Approve = (text: string) => Promise<boolean>;

/**
 * A wallet of the page's own, for local stacks: an Ed25519 key that cannot be exported, kept in IndexedDB. It is registered by the
 * Wallet Standard, so that the page treats it as any other. It signs messages only; it holds no money that anybody wants.
 */
export function registerDemoWallet(approve: Approve): void {
  let accounts: readonly WalletAccount[] = [];
  const listeners = new Set<(change: { accounts: readonly WalletAccount[] }) => void>();
  const changed = (now: readonly WalletAccount[]) => {
    accounts = now;
    for (const listener of listeners) listener({ accounts });
  };
  const sign: SolanaSignMessageFeature[typeof SolanaSignMessage]['signMessage'] = async (...inputs) => {
    const outputs = [];
    for (const { account, message } of inputs) {
      if (account.address !== accounts[0]?.address) throw new Error('no such account');
      if (!(await approve(new TextDecoder().decode(message))))
        throw Object.assign(new Error('rejected'), { code: 4001 });
      const { privateKey } = await keyPair();
      const signature = await crypto.subtle.sign('Ed25519', privateKey, new Uint8Array(message));
      outputs.push({ signedMessage: message, signature: new Uint8Array(signature), signatureType: 'ed25519' as const });
    }
    return outputs;
  };
  const wallet: Wallet = {
    version: '1.0.0',
    name: DEMO_WALLET,
    icon: ICON,
    chains: ['solana:localnet'],
    get accounts() {
      return accounts;
    },
    features: {
      'standard:connect': {
        version: '1.0.0',
        connect: async ({ silent = false } = {}) => {
          if (accounts.length === 0 && (!silent || (await read(KEY)))) changed([await account()]);
          return { accounts };
        },
      },
      'standard:disconnect': { version: '1.0.0', disconnect: async () => changed([]) },
      'standard:events': {
        version: '1.0.0',
        on: (_event: 'change', listener: (change: { accounts: readonly WalletAccount[] }) => void) => {
          listeners.add(listener);
          return () => listeners.delete(listener);
        },
      },
      [SolanaSignMessage]: { version: '1.1.0', signMessage: sign },
    },
  };
  getWallets().register(wallet);
}

async function account(): Promise<WalletAccount> {
  const publicKey = new Uint8Array(await crypto.subtle.exportKey('raw', (await keyPair()).publicKey));
  return { address: base58.encode(publicKey), publicKey, chains: ['solana:localnet'], features: [SolanaSignMessage] };
}

async function keyPair(): Promise<CryptoKeyPair> {
  const kept = await read<CryptoKeyPair>(KEY);
  if (kept) return kept;
  const made = (await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify'])) as CryptoKeyPair;
  await write(KEY, made);
  return made;
}
