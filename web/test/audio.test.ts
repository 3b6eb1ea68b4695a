import { expect, test } from 'vitest';
import { peaks, rms } from '../src/room/audio/peaks.ts';

test('peaks are shares of the loudest, one for each part', () => {
  const bars = peaks(Float32Array.from([0, 0.1, -0.4, 0.2, 0.05, 0]), 3);
  expect([...bars].map((bar) => Number(bar.toFixed(3)))).toEqual([0.25, 1, 0.125]);
  expect([...peaks(new Float32Array(8), 4)]).toEqual([0, 0, 0, 0]);
  expect(peaks(Float32Array.from([1, 1]), 5)).toHaveLength(5);
});

test('the root mean square of a sine is its amplitude over the root of two', () => {
  const sine = Float32Array.from({ length: 4800 }, (_, at) => 0.6 * Math.sin((at * 2 * Math.PI) / 48));
  expect(rms(sine)).toBeCloseTo(0.6 / Math.SQRT2, 4);
  expect(rms(new Float32Array(0))).toBe(0);
});
