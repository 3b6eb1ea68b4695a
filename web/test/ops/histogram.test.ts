import { expect, test } from 'vitest';
import { ownCounts, quantile } from '../../src/ops/histogram.ts';

const cumulative = new Map([
  [0.1, 50],
  [0.2, 90],
  [Number.POSITIVE_INFINITY, 100],
  [0.05, 0],
]);

test('each bucket has what is above the bound before', () => {
  expect(ownCounts(cumulative).map(({ count }) => count)).toEqual([0, 50, 40, 10]);
});

test('a quantile is interpolated within its bucket, as Prometheus does', () => {
  const buckets = ownCounts(cumulative);
  expect(quantile(0.25, buckets)).toBeCloseTo(0.075);
  expect(quantile(0.5, buckets)).toBeCloseTo(0.1);
  expect(quantile(0.7, buckets)).toBeCloseTo(0.15);
  expect(quantile(0.99, buckets)).toBe(0.2);
});

test('without observations there is no quantile, and never a zero', () => {
  expect(quantile(0.5, [])).toBeNull();
  expect(quantile(0.5, [{ le: 1, count: 0 }])).toBeNull();
});
