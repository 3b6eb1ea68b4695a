// Every value has one encoding, and everything else is refused.
import { describe, expect, test } from 'vitest';
import { fromBase64, fromHex, hex, toBase64 } from '../../src/protocol/bytes.ts';
import { contextOf } from '../../src/protocol/context.ts';
import {
  fieldFromBigInt,
  fieldFromHex,
  fieldToBigInt,
  fieldToHex,
  isField,
  MODULUS,
} from '../../src/protocol/field.ts';
import { epochElement, hashCommitment, hashLeaf, hashNode } from '../../src/protocol/hash.ts';
import { parsePublicInputs, publicInputBytes, statementBytes } from '../../src/protocol/statement.ts';

const written = (value: bigint) => `0x${value.toString(16).padStart(64, '0')}`;
const raw = (value: bigint) => Uint8Array.from(Buffer.from(value.toString(16).padStart(64, '0'), 'hex'));

describe('field elements', () => {
  test('the largest is read, the modulus and what is above it is not', () => {
    expect(fieldToBigInt(fieldFromHex(written(MODULUS - 1n)))).toBe(MODULUS - 1n);
    for (const value of [MODULUS, MODULUS + 1n, 2n * MODULUS, 2n ** 256n - 1n]) {
      expect(() => fieldFromHex(written(value))).toThrow('canonical');
      expect(isField(raw(value))).toBe(false);
      expect(() => fieldToHex(raw(value))).toThrow('canonical');
    }
    expect(() => fieldFromBigInt(MODULUS)).toThrow('canonical');
    expect(() => fieldFromBigInt(-1n)).toThrow('canonical');
  });

  test('there is one text', () => {
    const text = written(0xabn);
    expect(fieldToHex(fieldFromHex(text))).toBe(text);
    const others = [text.toUpperCase(), text.replace('ab', 'AB'), text.slice(2), `${text}0`, '0xab', '', `${text}\n`];
    for (const other of others) expect(() => fieldFromHex(other), other).toThrow('canonical');
    expect(() => fieldFromHex(7 as never)).toThrow('canonical');
  });

  test('hashes refuse what the library would reduce or pad', () => {
    const good = written(1n);
    expect(() => hashLeaf(written(MODULUS), good, good)).toThrow('the commitment');
    expect(() => hashLeaf(good, written(MODULUS), good)).toThrow('the token id');
    expect(() => hashCommitment(raw(MODULUS))).toThrow('canonical');
    expect(() => hashCommitment(new Uint8Array(31))).toThrow('canonical');
    expect(() => hashNode(new Uint8Array(32), new Uint8Array(33))).toThrow('canonical');
  });
});

test('hexadecimal and base64', () => {
  expect(fromHex(hex(Uint8Array.of(0, 255)), 2)).toEqual(Uint8Array.of(0, 255));
  for (const text of ['00FF', '00f', '00fff', 'zzzz']) expect(() => fromHex(text, 2)).toThrow();
  expect(fromBase64(toBase64(Uint8Array.of(1, 2)), 2)).toEqual(Uint8Array.of(1, 2));
  // Without padding, with bits that are not used, of another length.
  for (const text of ['AQI', 'AQJ=', 'AQID', 'AQI=\n']) expect(() => fromBase64(text, 2), text).toThrow();
});

describe('public inputs', () => {
  const inputs = {
    registry_id: written(1n),
    merkle_root: written(2n),
    track_id: written(3n),
    epoch: Number.MAX_SAFE_INTEGER,
    nullifier: written(5n),
    context: written(6n),
  };

  test('192 bytes and back; the statement leaves out the root', () => {
    const bytes = publicInputBytes(inputs);
    expect(bytes.length).toBe(192);
    expect(parsePublicInputs(bytes)).toEqual(inputs);
    const { merkle_root: _, ...statement } = inputs;
    const without = new Uint8Array([...bytes.subarray(0, 32), ...bytes.subarray(64)]);
    expect(statementBytes(statement)).toEqual(without);
  });

  test('an aliased input is refused at every position', () => {
    for (let index = 0; index < 6; index++) {
      const bytes = publicInputBytes(inputs);
      bytes.set(raw(MODULUS), 32 * index);
      expect(() => parsePublicInputs(bytes)).toThrow('canonical');
    }
    expect(() => parsePublicInputs(new Uint8Array(191))).toThrow('192');
    const wide = publicInputBytes(inputs);
    wide[3 * 32 + 23] = 1;
    expect(() => parsePublicInputs(wide)).toThrow('epoch');
  });

  test('an epoch is a whole number', () => {
    expect(epochElement(0)).toBe(written(0n));
    for (const epoch of [-1, 0.5, Number.NaN, 2 ** 53]) expect(() => epochElement(epoch)).toThrow(RangeError);
  });
});

test('a context has bounds', () => {
  const session = {
    audience: 'https://listen.example',
    session_public_key: '00'.repeat(32),
    expires_at: 1,
    program_id: '1',
    cluster: 'localnet',
  };
  expect(contextOf(session)).toMatch(/^0x00[0-9a-f]{62}$/);
  expect(() => contextOf({ ...session, audience: 'x'.repeat(257) })).toThrow('audience');
  expect(() => contextOf({ ...session, session_public_key: 'AA'.repeat(32) })).toThrow();
  expect(() => contextOf({ ...session, expires_at: -1 })).toThrow();
});
