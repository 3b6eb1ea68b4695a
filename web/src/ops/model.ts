import { type Bucket, ownCounts } from './histogram.ts';
import { parse, type Sample } from './prometheus.ts';

/** A report as `GET /ops/v1/metrics` has it. */
export interface Report {
  readonly service: string;
  readonly instance: string;
  /** RFC 3339, by the database's clock. */
  readonly at: string;
  readonly age_seconds: number;
  /** Prometheus' text format. */
  readonly metrics: string;
}

/** A process that reported in the last minute. */
export interface Process {
  readonly service: string;
  readonly instance: string;
  readonly ageSeconds: number;
  /** Whether it reported lately. The figures of one that did not are history. */
  readonly isUp: boolean;
  readonly samples: readonly Sample[];
}

/** One look at all processes. */
export interface Frame {
  /** Seconds since the Unix epoch, by this page's clock. */
  readonly time: number;
  /** By how much counters have grown since the look before, in all processes of a service together. */
  readonly increases: ReadonlyMap<Series, number>;
}

/** A counter of a service. */
export interface Series {
  readonly service: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Which series are meant. */
export type Where = (labels: Readonly<Record<string, string>>) => boolean;

/** Reports come each five seconds: one that is older than three of these is from a process that is down. */
export const STALE_SECONDS = 15;
/** For how long looks are kept. */
export const KEPT_SECONDS = 15 * 60;

/** What the reports say, now and over the last quarter of an hour. */
export class Model {
  readonly frames: Frame[] = [];
  processes: readonly Process[] = [];
  /** Counters by service and key. */
  readonly #series = new Map<string, Series>();
  /** The last value of each counter of each process. */
  #last = new Map<string, number>();

  /** Takes the reports of one look. */
  push(reports: readonly Report[], time: number): void {
    this.processes = reports.map(({ service, instance, age_seconds, metrics }) => ({
      service,
      instance,
      ageSeconds: age_seconds,
      isUp: age_seconds <= STALE_SECONDS,
      samples: parse(metrics),
    }));
    const increases = new Map<Series, number>();
    const last = new Map<string, number>();
    for (const process of this.processes) {
      for (const sample of process.samples) {
        if (!isCounter(sample.name)) continue;
        const series = this.#seriesOf(process.service, sample);
        const key = `${process.service} ${process.instance} ${sample.key}`;
        const before = this.#last.get(key);
        last.set(key, sample.value);
        const grown = increase(before, sample.value, this.#knew(process));
        if (grown > 0) increases.set(series, (increases.get(series) ?? 0) + grown);
      }
    }
    // A process that was not in these reports begins anew if it comes back.
    this.#last = last;
    this.#known = new Set(this.processes.map(({ service, instance }) => `${service} ${instance}`));
    this.frames.push({ time, increases });
    const oldest = time - KEPT_SECONDS;
    const kept = this.frames.findIndex((frame) => frame.time >= oldest);
    this.frames.splice(0, Math.max(kept, 0));
  }

  #known = new Set<string>();

  /** Whether the process was in the look before. */
  #knew({ service, instance }: { service: string; instance: string }): boolean {
    return this.#known.has(`${service} ${instance}`);
  }

  #seriesOf(service: string, { name, labels, key }: Sample): Series {
    const id = `${service} ${key}`;
    const known = this.#series.get(id);
    if (known !== undefined) return known;
    const series = { service, name, labels };
    this.#series.set(id, series);
    return series;
  }

  /** Values of a gauge in the processes that are up, with their labels. */
  values(name: string, where: Where = () => true): { process: Process; sample: Sample }[] {
    return this.processes
      .filter((process) => process.isUp)
      .flatMap((process) =>
        process.samples
          .filter((sample) => sample.name === name && where(sample.labels) && !Number.isNaN(sample.value))
          .map((sample) => ({ process, sample })),
      );
  }

  /** The greatest value of a gauge; null if nobody tells it. */
  max(name: string, where?: Where): number | null {
    const values = this.values(name, where).map(({ sample }) => sample.value);
    return values.length === 0 ? null : Math.max(...values);
  }

  /** The least value of a gauge; null if nobody tells it. */
  min(name: string, where?: Where): number | null {
    const values = this.values(name, where).map(({ sample }) => sample.value);
    return values.length === 0 ? null : Math.min(...values);
  }

  /** The sum of a gauge over processes; null if nobody tells it. */
  sum(name: string, where?: Where): number | null {
    const values = this.values(name, where).map(({ sample }) => sample.value);
    return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0);
  }

  /** Seconds between the looks of the last `seconds`; null before there are two. */
  span(seconds: number): number | null {
    const looks = this.#within(seconds);
    const [first, last] = [looks[0], looks.at(-1)];
    if (first === undefined || last === undefined || first === last) return null;
    return last.time - first.time;
  }

  #within(seconds: number): Frame[] {
    const newest = this.frames.at(-1)?.time ?? 0;
    return this.frames.filter((frame) => frame.time >= newest - seconds);
  }

  /** By how much counters grew in the last `seconds`, by series. The first look of the span has nothing to grow from. */
  *grown(name: string, seconds: number, where: Where = () => true): Generator<[Series, number]> {
    for (const frame of this.#within(seconds).slice(1)) {
      for (const [series, by] of frame.increases) if (series.name === name && where(series.labels)) yield [series, by];
    }
  }

  /** The same in all; null if no process that is up has such a counter, or there is nothing to compare with yet. */
  increase(name: string, seconds: number, where?: Where): number | null {
    if (this.span(seconds) === null || this.values(name, where).length === 0) return null;
    let sum = 0;
    for (const [, by] of this.grown(name, seconds, where)) sum += by;
    return sum;
  }

  /** Growth in a second, over the last `seconds`. */
  rate(name: string, seconds: number, where?: Where): number | null {
    const [grown, span] = [this.increase(name, seconds, where), this.span(seconds)];
    return grown === null || span === null ? null : grown / span;
  }

  /** Growth by one label, greatest first; null as above. */
  increaseBy(label: string, name: string, seconds: number, where?: Where): [string, number][] | null {
    if (this.increase(name, seconds, where) === null) return null;
    const sums = new Map<string, number>();
    for (const [series, by] of this.grown(name, seconds, where)) {
      const value = series.labels[label] ?? '';
      sums.set(value, (sums.get(value) ?? 0) + by);
    }
    return [...sums].sort(([, one], [, other]) => other - one);
  }

  /** Observations of a histogram in the last `seconds`, by bucket; null if nobody has it, or there is nothing to compare with. */
  buckets(name: string, seconds: number, where?: Where): Bucket[] | null {
    const bucket = `${name}_bucket`;
    if (this.increase(bucket, seconds, where) === null) return null;
    const cumulative = new Map<number, number>();
    // All bounds, also those that nothing fell under.
    for (const { sample } of this.values(bucket, where)) cumulative.set(bound(sample.labels), 0);
    for (const [series, by] of this.grown(bucket, seconds, where)) {
      const le = bound(series.labels);
      cumulative.set(le, (cumulative.get(le) ?? 0) + by);
    }
    return ownCounts(cumulative);
  }
}

/** Counters, and what histograms count. */
function isCounter(name: string): boolean {
  return name.endsWith('_total') || name.endsWith('_bucket') || name.endsWith('_count');
}

/** What was not there before is new since then if the process itself was there, and not known if it was not. */
function increase(before: number | undefined, now: number, knewProcess: boolean): number {
  if (before === undefined) return knewProcess ? now : 0;
  // It started anew.
  return now >= before ? now - before : now;
}

function bound(labels: Readonly<Record<string, string>>): number {
  return labels.le === '+Inf' ? Number.POSITIVE_INFINITY : Number(labels.le);
}
