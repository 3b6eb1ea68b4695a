import { expect, test } from 'vitest';
import * as format from '../../src/ops/format.ts';

test('what is not known is said, never shown as zero', () => {
  for (const show of [format.count, format.bytes, format.seconds, format.percent, format.rate, format.sol]) {
    expect(show(null)).toBe('no data');
    expect(show(Number.NaN)).toBe('no data');
    expect(show(0)).not.toBe('no data');
  }
});

test('values are shown in their usual units', () => {
  expect(format.seconds(0.0042)).toBe('4.2 ms');
  expect(format.seconds(0.21)).toBe('210 ms');
  expect(format.seconds(1.5)).toBe('1.5 s');
  expect(format.seconds(600)).toBe('10 min');
  expect(format.bytes(21_400_000)).toBe('21.4 MB');
  expect(format.bytes(712_000_000)).toBe('712 MB');
  expect(format.percent(0.9995)).toBe('>99.9 %');
  expect(format.percent(1)).toBe('100 %');
  expect(format.rate(0.5)).toBe('30 /min');
  expect(format.sol(1_500_000_000)).toBe('1.5 SOL');
});
