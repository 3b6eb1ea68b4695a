// An identity under a key of the device.
import { beforeAll, describe, expect, test } from 'vitest';
import { exposeSecret, Identity } from '../../src/identity.ts';
import { hex } from '../../src/protocol/bytes.ts';

const AES = { name: 'AES-GCM', length: 256 };
const newKey = () => crypto.subtle.generateKey(AES, false, ['encrypt', 'decrypt']);
const locked = expect.objectContaining({ code: 'sealed-locked' });
const malformed = expect.objectContaining({ code: 'sealed-malformed' });

describe('a sealed identity', () => {
  let key: CryptoKey;
  beforeAll(async () => {
    key = await newKey();
  });

  test('opens with its key, and is another text each time', async () => {
    const identity = Identity.create();
    const [a, b] = [await identity.seal(key), await identity.seal(key)];
    expect([a.length, a[0]]).toEqual([61, 1]);
    expect(hex(a)).not.toBe(hex(b));
    expect(hex(a)).not.toContain(hex(exposeSecret(identity)));
    for (const sealed of [a, b]) {
      const opened = await Identity.unseal(structuredClone(sealed), key);
      expect(hex(exposeSecret(opened))).toBe(hex(exposeSecret(identity)));
    }
  });

  test('does not open with another key', async () => {
    const sealed = await Identity.create().seal(key);
    await expect(Identity.unseal(sealed, await newKey())).rejects.toEqual(locked);
  });

  test('that was altered in any byte is refused', async () => {
    const sealed = await Identity.create().seal(key);
    for (let at = 0; at < sealed.length; at++) {
      const altered = new Uint8Array(sealed);
      altered[at] = (altered[at] as number) ^ 1;
      await expect(Identity.unseal(altered, key), `byte ${at}`).rejects.toEqual(at === 0 ? malformed : locked);
    }
  });

  test('that is longer, shorter or of another kind is refused', async () => {
    const sealed = await Identity.create().seal(key);
    const others = [sealed.slice(0, 60), new Uint8Array([...sealed, 0]), new Uint8Array(), hex(sealed), null];
    for (const other of others) await expect(Identity.unseal(other as Uint8Array, key)).rejects.toEqual(malformed);
  });

  test('is no other text under the same key: its label is authenticated', async () => {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const secret = exposeSecret(Identity.create());
    const bare = new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, secret));
    await expect(Identity.unseal(new Uint8Array([1, ...iv, ...bare]), key)).rejects.toEqual(locked);
  });

  test('wants a key that cannot be exported, of 256 bits', async () => {
    const identity = Identity.create();
    const sealed = await identity.seal(key);
    const keys = await Promise.all([
      crypto.subtle.generateKey(AES, true, ['encrypt', 'decrypt']),
      crypto.subtle.generateKey({ name: 'AES-GCM', length: 128 }, false, ['encrypt', 'decrypt']),
      crypto.subtle.generateKey({ name: 'AES-CBC', length: 256 }, false, ['encrypt', 'decrypt']),
    ]);
    for (const other of keys) {
      await expect(identity.seal(other)).rejects.toMatchObject({ code: 'key-unsuitable' });
      await expect(Identity.unseal(sealed, other)).rejects.toMatchObject({ code: 'key-unsuitable' });
    }
  });

  test('of an identity that was destroyed there is none', async () => {
    const identity = Identity.create();
    identity.destroy();
    await expect(identity.seal(key)).rejects.toThrow('destroyed');
  });
});
