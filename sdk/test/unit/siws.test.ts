// The text that a wallet is shown is the one that was agreed, to the byte.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { trackIdOf } from '../../src/protocol/identifiers.ts';
import { checkEnrolmentText, enrolmentText } from '../../src/protocol/siws.ts';

const TEXT = readFileSync(new URL('../../../crates/siws/tests/it/message.txt', import.meta.url), 'utf8');
const number = (value: number) => `0x${value.toString(16).padStart(64, '0')}`;
const TERMS = {
  audience: 'https://listen.example',
  wallet: 'GmaDrppBC7P5ARKV8g3djiwP89vz1jLK23V2GBjuAEGB',
  cluster: 'mainnet-beta',
  programId: '4vJ9JU1bJJE96FWSJKvHsmmFADCg4gpZQff4P3bkLKi',
  registryId: number(1),
  mint: '8qbHbw2BbbTHBW1sbeqakYXVKRQM8Ne7pLK7m6CVfeR',
  trackId: trackIdOf('first-light'),
  commitment: number(5),
};

test('it is the text of crates/siws', () => {
  const nonce = '000102030405060708090a0b0c0d0e0f';
  expect(enrolmentText(TERMS, nonce, '2026-01-02T03:04:05Z', '2026-01-02T03:14:05Z')).toBe(TEXT);
  checkEnrolmentText(TEXT, TERMS);
});

test('every term counts', () => {
  const others: Partial<typeof TERMS>[] = [
    { audience: 'https://listen.example.org' },
    { audience: 'http://listen.example' },
    { wallet: TERMS.mint },
    { cluster: 'devnet' },
    { programId: TERMS.mint },
    { registryId: number(2) },
    { mint: TERMS.wallet },
    { trackId: number(3) },
    { commitment: number(6) },
  ];
  for (const other of others) {
    expect(() => checkEnrolmentText(TEXT, { ...TERMS, ...other }), JSON.stringify(other)).toThrow('something else');
  }
});

test('every line is needed, nothing may be added, and there is one way to write it', () => {
  const lines = TEXT.split('\n');
  for (let index = 0; index < lines.length; index++) {
    expect(() => checkEnrolmentText(lines.toSpliced(index, 1).join('\n'), TERMS), `without ${index}`).toThrow();
    const twice = lines.toSpliced(index, 0, lines[index] as string).join('\n');
    expect(() => checkEnrolmentText(twice, TERMS), `twice ${index}`).toThrow();
  }
  const others = [
    `${TEXT}\n`,
    ` ${TEXT}`,
    `\ufeff${TEXT}`,
    TEXT.replaceAll('\n', '\r\n'),
    `${TEXT}\n- urn:x`,
    TEXT.replace('0a0b0c', '0A0B0C'),
    TEXT.replace('05Z\nExp', '05+00:00\nExp'),
    TEXT.replace('moves nothing.', 'moves nothing'),
    TEXT.replace('Chain ID: mainnet', 'Chain ID: mainnet-beta'),
    TEXT.replace('Version: 1', 'Version: 2'),
  ];
  for (const other of others) expect(() => checkEnrolmentText(other, TERMS), other).toThrow();
});

test('it counts for minutes, not for years', () => {
  const expiring = (time: string) => TEXT.replace('2026-01-02T03:14:05Z', time);
  checkEnrolmentText(expiring('2026-01-02T03:19:05Z'), TERMS);
  for (const time of ['2026-01-02T03:19:06Z', '2027-01-02T03:14:05Z', '2026-01-02T03:04:05Z', '2026-01-02T25:61:05Z']) {
    expect(() => checkEnrolmentText(expiring(time), TERMS), time).toThrow('too long');
  }
});
