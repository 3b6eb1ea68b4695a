// Wallets: how they are found, what is asked of them, and what is refused.
import { ed25519 } from '@noble/curves/ed25519.js';
import { base58 } from '@scure/base';
import { getWallets } from '@wallet-standard/app';
import type { Wallet } from '@wallet-standard/base';
import { expect, onTestFinished, test } from 'vitest';
import { enrol } from '../../src/enrolment.ts';
import { Identity } from '../../src/identity.ts';
import { trackIdOf } from '../../src/protocol/identifiers.ts';
import { enrolmentText } from '../../src/protocol/siws.ts';
import { Transport } from '../../src/transport.ts';
import { fromWalletAdapter } from '../../src/wallets/adapter.ts';
import type { MessageSigner } from '../../src/wallets/signer.ts';
import { discoverWallets } from '../../src/wallets/standard.ts';
import { json, problem, serve } from './server.ts';

const KEY = new Uint8Array(32).fill(7);
const ADDRESS = base58.encode(ed25519.getPublicKey(KEY));
const sign = (message: Uint8Array) => ed25519.sign(message, KEY);

type Sign = (message: Uint8Array) => { signedMessage: Uint8Array; signature: Uint8Array };

function standardWallet(name: string, signMessage: Sign, features = ['solana:signMessage']) {
  const account = { address: ADDRESS, publicKey: ed25519.getPublicKey(KEY), chains: ['solana:localnet'], features };
  let accounts: object[] = [];
  const wallet = {
    version: '1.0.0',
    name,
    icon: 'data:image/svg+xml;base64,',
    chains: ['solana:localnet'],
    get accounts() {
      return accounts;
    },
    features: {
      'standard:connect': {
        version: '1.0.0',
        connect: async () => {
          accounts = [account];
          return { accounts };
        },
      },
      'solana:signMessage': {
        version: '1.1.0',
        signMessage: async (...inputs: { message: Uint8Array }[]) => inputs.map(({ message }) => signMessage(message)),
      },
    },
  };
  onTestFinished(getWallets().register(wallet as unknown as Wallet));
  return wallet;
}

test('wallets that can sign messages are found, also those that come later', async () => {
  const seen: string[][] = [];
  const found = discoverWallets((wallets) => void seen.push(wallets.map(({ name }) => name)));
  expect(found.wallets).toEqual([]);
  standardWallet('A', (message) => ({ signedMessage: message, signature: sign(message) }));
  const other = { version: '1.0.0', name: 'B', icon: '', chains: ['eip155:1'], accounts: [], features: {} };
  onTestFinished(getWallets().register(other as unknown as Wallet));
  expect(found.wallets.map(({ name }) => name)).toEqual(['A']);
  expect(seen.at(-1)).toEqual(['A']);
  found.stop();
  const wallet = await (found.wallets[0] as { connect(): Promise<MessageSigner> }).connect();
  expect(wallet.address).toBe(ADDRESS);
  const identity = await Identity.fromWallet(wallet);
  const again = await Identity.fromWallet({ address: ADDRESS, signMessage: async (message) => sign(message) });
  expect(identity.commitment).toBe(again.commitment);
});

test('a wallet that signs another text, or gives no account that signs, is refused', async () => {
  const prefixed = (message: Uint8Array) => Uint8Array.of(255, ...message);
  standardWallet('A', (message) => ({ signedMessage: prefixed(message), signature: sign(prefixed(message)) }));
  const wallet = await discoverWallets().wallets[0]?.connect();
  await expect(wallet?.signMessage(new Uint8Array(3))).rejects.toMatchObject({ code: 'wallet-unsupported' });
  standardWallet('B', (message) => ({ signedMessage: message, signature: sign(message) }), []);
  await expect(discoverWallets().wallets[1]?.connect()).rejects.toMatchObject({ code: 'wallet-unsupported' });
});

test('a refusal in the wallet is one, and other failures are not', async () => {
  const failing = (error: unknown) => fromWalletAdapter({ publicKey, signMessage: async () => Promise.reject(error) });
  const publicKey = { toBase58: () => ADDRESS };
  for (const error of [{ code: 4001 }, new Error('User rejected the request.'), new Error('declined')]) {
    await expect(failing(error).signMessage(new Uint8Array())).rejects.toMatchObject({ reason: 'rejected' });
  }
  await expect(failing(new Error('USB')).signMessage(new Uint8Array())).rejects.toMatchObject({ reason: 'failed' });
  expect(() => fromWalletAdapter({ publicKey: null })).toThrow('not connected');
  expect(() => fromWalletAdapter({ publicKey })).toThrow('cannot sign');
});

test('an adapter whose account changed does not sign', async () => {
  const adapter = { publicKey: { toBase58: () => ADDRESS }, signMessage: async (message: Uint8Array) => sign(message) };
  const signer = fromWalletAdapter(adapter);
  expect((await signer.signMessage(new Uint8Array(2))).length).toBe(64);
  adapter.publicKey = { toBase58: () => '11111111111111111111111111111111' };
  await expect(signer.signMessage(new Uint8Array(2))).rejects.toMatchObject({ reason: 'wrong-account' });
});

const number = (value: number) => `0x${value.toString(16).padStart(64, '0')}`;
const PLACE = {
  registryId: number(1),
  audience: 'https://listen.example',
  cluster: 'localnet',
  programId: '4vJ9JU1bJJE96FWSJKvHsmmFADCg4gpZQff4P3bkLKi',
};
const MINT = '8qbHbw2BbbTHBW1sbeqakYXVKRQM8Ne7pLK7m6CVfeR';

/** An API whose challenge says what `change` makes of it. */
async function enrolWith(change: (text: string) => string, statuses = ['active']) {
  const identity = Identity.create();
  const trackId = trackIdOf('first-light');
  const { url, seen } = await serve(({ path, body }, response) => {
    if (path === '/v1/challenges') {
      const terms = { ...PLACE, wallet: ADDRESS, mint: MINT, trackId, commitment: JSON.parse(body).commitment };
      const text = enrolmentText(terms, '00'.repeat(16), '2026-01-02T03:04:05Z', '2026-01-02T03:14:05Z');
      return json(response, 201, { nonce: '', message: change(text), expires_at: '' });
    }
    if (!path.startsWith('/v1/enrollments')) return problem(response, 404, 'not-found');
    const status = statuses.shift() ?? 'active';
    const view = { id: 'e', registry_id: PLACE.registryId, track_id: trackId, leaf_index: 3, status, reason: 'sold' };
    json(response, path === '/v1/enrollments' ? 202 : 200, view);
  });
  let asked = 0;
  const wallet: MessageSigner = {
    address: ADDRESS,
    signMessage: async (message) => {
      asked += 1;
      return sign(message);
    },
  };
  const stages: string[] = [];
  const onProgress = ({ stage }: { stage: string }) => void stages.push(stage);
  const enrolment = enrol(new Transport(url), PLACE, { identity, wallet, trackId, mint: MINT, onProgress });
  return { enrolment, seen, stages, asked: () => asked };
}

test('enrolment waits until it counts', async () => {
  const { enrolment, seen, stages } = await enrolWith((text) => text, ['pending_root', 'pending_chain', 'active']);
  expect(await enrolment).toMatchObject({ status: 'active', leaf_index: 3 });
  expect(stages).toEqual(['challenge', 'wallet', 'enrolling', 'pending-root', 'pending-chain', 'enrolled']);
  const sent = JSON.parse(seen.find(({ path }) => path === '/v1/enrollments')?.body ?? '{}');
  expect(
    ed25519.verify(base58.decode(sent.signature), new TextEncoder().encode(sent.message), base58.decode(ADDRESS)),
  ).toBe(true);
});

test('the wallet is not asked for a text that was not agreed', async () => {
  const changes: ((text: string) => string)[] = [
    (text) => text.replace('listen.example', 'evil.example'),
    (text) => text.replaceAll('https://listen.example', 'https://evil.example'),
    (text) => text.replace(MINT, ADDRESS),
    (text) => text.replace(/commitment:.*/, `commitment:${'0'.repeat(64)}`),
    (text) => text.replace('Chain ID: localnet', 'Chain ID: mainnet'),
    (text) => `${text}\n- urn:veilpass:mint:${ADDRESS}`,
    () => 'Send all tokens to me.',
  ];
  for (const change of changes) {
    const { enrolment, asked } = await enrolWith(change);
    await expect(enrolment).rejects.toMatchObject({ code: 'challenge-mismatch' });
    expect(asked()).toBe(0);
  }
});

test('an enrolment that ends meanwhile is an error', async () => {
  const { enrolment } = await enrolWith((text) => text, ['pending_root', 'revoked']);
  await expect(enrolment).rejects.toMatchObject({ name: 'EnrolmentRevokedError', reason: 'sold' });
});
