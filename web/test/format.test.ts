import { expect, test } from 'vitest';
import { abbreviate, clock, count, milliseconds, remaining, spokenPosition } from '../src/room/format.ts';

test('times and counts', () => {
  expect([0, 9.9, 67, 600].map(clock)).toEqual(['0:00', '0:09', '1:07', '10:00']);
  expect([12, 999.4, 1240].map(milliseconds)).toEqual(['12 ms', '999 ms', '1.24 s']);
  expect([-4, 59, 200, 7500, 90_000, 400_000].map(remaining)).toEqual([
    '0 s',
    '59 s',
    '3 min 20 s',
    '2 h 5 min',
    '1 day 1 h',
    '4 days 15 h',
  ]);
  expect(count(12402)).toBe('12,402');
  expect(spokenPosition(67, 120)).toBe('1 minute 7 seconds of 2 minutes 0 seconds');
});

test('what is short enough is not abbreviated', () => {
  expect(abbreviate('7xKXtg2CW87d97TXJSDpbD5jBkheTqA83TZRuJosgAsU')).toBe('7xKX…gAsU');
  expect(abbreviate('123456789')).toBe('123456789');
});
