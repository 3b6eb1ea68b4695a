/** The name under which it is found. */
export const OTHER_WALLET = 'Pocket';

/**
 * In the page, before its scripts: a wallet as browser extensions bring it, by the Wallet Standard's events alone, with a key of its
 * own (WebCrypto). It signs whatever it is asked to.
 */
export function installOtherWallet() {
  const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
  const base58 = (bytes) => {
    let [number, text] = [bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n), ''];
    for (; number > 0n; number /= 58n) text = ALPHABET[Number(number % 58n)] + text;
    return '1'.repeat(bytes.findIndex((byte) => byte !== 0)) + text;
  };
  const chains = ['solana:localnet', 'solana:devnet'];
  const features = ['solana:signMessage'];
  const pair = crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify']);
  let accounts = [];
  const wallet = {
    version: '1.0.0',
    name: 'Pocket',
    icon: 'data:image/svg+xml;base64,PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciLz4=',
    chains,
    get accounts() {
      return accounts;
    },
    features: {
      'standard:connect': {
        version: '1.0.0',
        connect: async () => {
          const publicKey = new Uint8Array(await crypto.subtle.exportKey('raw', (await pair).publicKey));
          accounts = [{ address: base58([...publicKey]), publicKey, chains, features }];
          return { accounts };
        },
      },
      'standard:events': { version: '1.0.0', on: () => () => {} },
      'solana:signMessage': {
        version: '1.1.0',
        signMessage: async (...inputs) =>
          Promise.all(
            inputs.map(async ({ message }) => {
              const signature = await crypto.subtle.sign('Ed25519', (await pair).privateKey, new Uint8Array(message));
              return { signedMessage: message, signature: new Uint8Array(signature) };
            }),
          ),
      },
    },
  };
  const register = (api) => api.register(wallet);
  dispatchEvent(new CustomEvent('wallet-standard:register-wallet', { detail: register }));
  addEventListener('wallet-standard:app-ready', ({ detail }) => register(detail));
}
