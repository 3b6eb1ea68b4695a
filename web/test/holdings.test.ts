import { expect, test } from 'vitest';
import { mintsOf } from '../src/room/wallet/holdings.ts';

const account = (mint: unknown, amount: unknown) => ({
  account: { data: { parsed: { info: { mint, tokenAmount: { amount } } } } },
});

test('only what is held counts', () => {
  const value = [account('A', '1'), account('B', '0'), account('C', '18446744073709551615')];
  expect(mintsOf({ result: { value } })).toEqual(['A', 'C']);
  expect(mintsOf({ result: { value: [] } })).toEqual([]);
});

test.each([
  ['an error', { error: { code: -32_000 } }],
  ['nothing', null],
  ['accounts that are not parsed', { result: { value: [{ account: { data: ['', 'base64'] } }] } }],
  ['an amount that is a number', { result: { value: [account('A', 1)] } }],
])('%s is refused', (_what, answer) => {
  expect(() => mintsOf(answer)).toThrow();
});
