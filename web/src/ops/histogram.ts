/** How many observations were at most `le`, and above the bound before. */
export interface Bucket {
  readonly le: number;
  readonly count: number;
}

/** Buckets of their own from those that Prometheus counts up. */
export function ownCounts(cumulative: ReadonlyMap<number, number>): Bucket[] {
  let before = 0;
  return [...cumulative.entries()]
    .sort(([one], [other]) => one - other)
    .map(([le, count]) => {
      const own = Math.max(count - before, 0);
      before = Math.max(count, before);
      return { le, count: own };
    });
}

/**
 * The quantile, by linear interpolation within its bucket, as Prometheus' histogram_quantile has it: what is above the last
 * finite bound is that bound. Null without observations.
 */
export function quantile(share: number, buckets: readonly Bucket[]): number | null {
  const total = buckets.reduce((sum, bucket) => sum + bucket.count, 0);
  if (total === 0) return null;
  const wanted = share * total;
  let seen = 0;
  let lower = 0;
  for (const { le, count } of buckets) {
    if (count > 0 && seen + count >= wanted) {
      return Number.isFinite(le) ? lower + ((le - lower) * (wanted - seen)) / count : lower;
    }
    seen += count;
    if (Number.isFinite(le)) lower = le;
  }
  return lower;
}
