// The secret: what it gives, what it never says, and how it is kept.
import { inspect } from 'node:util';
import { ed25519 } from '@noble/curves/ed25519.js';
import { sha512 } from '@noble/hashes/sha2.js';
import { base58 } from '@scure/base';
import { describe, expect, test } from 'vitest';
import { exposeSecret, Identity } from '../../src/identity.ts';
import { hex } from '../../src/protocol/bytes.ts';
import { isField } from '../../src/protocol/field.ts';
import { hashCommitment } from '../../src/protocol/hash.ts';
import { recoverSecret } from '../../src/recovery.ts';
import type { MessageSigner } from '../../src/wallets/signer.ts';

const PASSPHRASE = 'correct horse battery staple';

function wallet(seed: number): MessageSigner {
  const key = new Uint8Array(32).fill(seed);
  const address = base58.encode(ed25519.getPublicKey(key));
  return { address, signMessage: async (message) => ed25519.sign(message, key) };
}

describe('a secret', () => {
  test('is uniform below the modulus, and another each time', () => {
    const secrets = Array.from({ length: 200 }, () => exposeSecret(Identity.create()));
    expect(secrets.every(isField)).toBe(true);
    expect(new Set(secrets.map(hex)).size).toBe(200);
    // Both of the two highest bits that are left occur: nothing else was cleared.
    expect(secrets.some(([first]) => ((first as number) & 0x20) !== 0)).toBe(true);
  });

  test('does not show', () => {
    const identity = Identity.create();
    const secret = hex(exposeSecret(identity));
    const shown = [
      String(identity),
      JSON.stringify({ identity }),
      inspect(identity, { depth: 9, showHidden: true }),
      inspect({ identity }, { depth: 9, showHidden: true }),
      Object.keys(identity).join(),
      `${identity}`,
    ].join('\n');
    expect(shown).not.toContain(secret);
    expect(shown).not.toContain(BigInt(`0x${secret}`).toString());
    expect(shown).toContain('redacted');
    // structuredClone, and so postMessage and IndexedDB, do not see it either.
    expect(JSON.stringify(structuredClone({ ...identity }))).toBe('{}');
  });

  test('is overwritten', () => {
    const identity = Identity.create();
    const bytes = exposeSecret(identity);
    identity.destroy();
    expect(bytes.every((byte) => byte === 0)).toBe(true);
    expect(identity.isDestroyed).toBe(true);
    expect(() => identity.commitment).toThrow('destroyed');
    expect(() => exposeSecret(identity)).toThrow('destroyed');
    expect(() => identity.nullifier(`0x${'0'.repeat(64)}`, `0x${'0'.repeat(64)}`, 0)).toThrow('destroyed');
  });

  test('has one nullifier for each registry, track and epoch', () => {
    const identity = Identity.create();
    const [a, b] = [`0x${'0'.repeat(63)}1`, `0x${'0'.repeat(63)}2`];
    const nullifiers = [identity.nullifier(a, a, 1), identity.nullifier(b, a, 1), identity.nullifier(a, b, 1)];
    nullifiers.push(identity.nullifier(a, a, 2), Identity.create().nullifier(a, a, 1));
    expect(new Set(nullifiers).size).toBe(5);
    expect(identity.nullifier(a, a, 1)).toBe(nullifiers[0]);
  });
});

describe('a backup', () => {
  test('opens with its passphrase, and with no other', { timeout: 60_000 }, async () => {
    const identity = Identity.create();
    const backup = await identity.backup(PASSPHRASE);
    expect(backup).not.toContain(hex(exposeSecret(identity)));
    const restored = await Identity.restore(`  ${backup}\n`, PASSPHRASE);
    expect(restored.commitment).toBe(identity.commitment);
    await expect(Identity.restore(backup, `${PASSPHRASE} `)).rejects.toMatchObject({ code: 'backup-locked' });
    // The same passphrase, composed otherwise.
    const accented = await identity.backup('caf\u00e9 caf\u00e9');
    expect((await Identity.restore(accented, 'cafe\u0301 cafe\u0301')).commitment).toBe(identity.commitment);
    expect([accented.length, backup.length]).toEqual([124, 124]);
  });

  test('that was altered anywhere is refused', { timeout: 120_000 }, async () => {
    const backup = await Identity.create().backup(PASSPHRASE);
    const [prefix, salt, nonce, sealed] = backup.split('.') as [string, string, string, string];
    const flip = (text: string, at: number) => {
      const other = text[at] === 'A' ? 'B' : 'A';
      return text.slice(0, at) + other + text.slice(at + 1);
    };
    const locked = [
      [prefix, flip(salt, 0), nonce, sealed],
      [prefix, salt, flip(nonce, 3), sealed],
      [prefix, salt, nonce, flip(sealed, 0)],
      [prefix, salt, nonce, flip(sealed, sealed.length - 2)],
    ];
    for (const parts of locked) {
      await expect(Identity.restore(parts.join('.'), PASSPHRASE)).rejects.toMatchObject({ code: 'backup-locked' });
    }
    const malformed = [
      '',
      backup.slice(0, -1),
      `${backup}A`,
      `${backup}.`,
      backup.replace('-1.', '-2.'),
      [prefix, nonce, salt, sealed].join('.'),
      [prefix, salt, nonce, `${sealed}=`].join('.'),
    ];
    for (const text of malformed) {
      await expect(Identity.restore(text, PASSPHRASE), text).rejects.toMatchObject({ code: 'backup-malformed' });
    }
  });

  test('needs a passphrase', async () => {
    await expect(Identity.create().backup('short')).rejects.toMatchObject({ code: 'passphrase-too-short' });
  });
});

describe('an identity of a wallet', () => {
  test('is the same each time, and as the Rust client derives it', async () => {
    const identity = await Identity.fromWallet(wallet(1));
    expect((await Identity.fromWallet(wallet(1))).commitment).toBe(identity.commitment);
    expect((await Identity.fromWallet(wallet(2))).commitment).not.toBe(identity.commitment);
    expect(hashCommitment(await recoverSecret(wallet(1)))).toBe(identity.commitment);
  });

  test('is refused if the wallet signs differently each time, wrongly, or not at all', async () => {
    const key = new Uint8Array(32).fill(3);
    const address = base58.encode(ed25519.getPublicKey(key));
    const refused = (signMessage: MessageSigner['signMessage']) => Identity.fromWallet({ address, signMessage });
    // A wallet with a random nonce: both signatures hold, and differ.
    let calls = 0;
    const randomised = async (message: Uint8Array) => {
      calls += 1;
      return calls === 1 ? ed25519.sign(message, key) : signWithNonce(message, key, 12345n);
    };
    await expect(refused(randomised)).rejects.toMatchObject({ code: 'wallet-not-deterministic' });
    const prefixed = async (message: Uint8Array) => ed25519.sign(new Uint8Array([1, ...message]), key);
    await expect(refused(prefixed)).rejects.toMatchObject({ code: 'wallet-wrong-account' });
    const short = async () => new Uint8Array(63);
    await expect(refused(short)).rejects.toMatchObject({ code: 'wallet-unsupported' });
  });

  test('is not asked for once it was aborted', async () => {
    const controller = new AbortController();
    let calls = 0;
    const signer = wallet(4);
    const counting: MessageSigner = {
      address: signer.address,
      signMessage: (message) => {
        calls += 1;
        controller.abort();
        return signer.signMessage(message);
      },
    };
    const identity = Identity.fromWallet(counting, { signal: controller.signal });
    await expect(identity).rejects.toMatchObject({ name: 'AbortError' });
    expect(calls).toBe(1);
  });
});

/** A valid Ed25519 signature with a nonce of one's own: what RFC 8032 does not do, and no verifier notices. */
function signWithNonce(message: Uint8Array, seed: Uint8Array, r: bigint): Uint8Array {
  const { head: _, scalar, pointBytes } = ed25519.utils.getExtendedPublicKey(seed);
  const { Fn, BASE } = ed25519.Point;
  const R = BASE.multiply(r).toBytes();
  const digest = sha512(new Uint8Array([...R, ...pointBytes, ...message]));
  const k = Fn.create(BigInt(`0x${hex(digest.slice().reverse())}`));
  const S = Fn.toBytes(Fn.create(r + k * scalar));
  return new Uint8Array([...R, ...S]);
}
