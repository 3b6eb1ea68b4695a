import type { ProgressEvent } from '@veilpass/sdk';

/** One step as it happened. Times are milliseconds since the ledger began. */
export interface Row {
  readonly key: string;
  readonly event: ProgressEvent;
  readonly start: number;
  readonly end: number | null;
  /** 0 to 1 where it was measured. */
  readonly fraction: number | null;
}

/** What happened, in the order in which it happened. A step ends when the next one begins: nothing is estimated. */
export class Ledger {
  readonly #began: number;
  #rows: Row[] = [];

  /** @param now milliseconds of a monotonic clock, as in all calls */
  constructor(now: number) {
    this.#began = now;
  }

  get rows(): readonly Row[] {
    return this.#rows;
  }

  /** @returns whether a new step began */
  add(event: ProgressEvent, now: number): boolean {
    const key = stageKey(event);
    const last = this.#rows.at(-1);
    const fraction = event.fraction ?? null;
    if (last?.key === key && last.end === null) {
      this.#rows[this.#rows.length - 1] = { ...last, event, fraction: fraction ?? last.fraction };
      return false;
    }
    this.close(now);
    this.#rows.push({ key, event, start: now - this.#began, end: null, fraction });
    return true;
  }

  /** Nothing is going on any more. */
  close(now: number): void {
    const last = this.#rows.at(-1);
    if (last && last.end === null) this.#rows[this.#rows.length - 1] = { ...last, end: now - this.#began };
  }

  /** How long everything took until now, in milliseconds. */
  elapsed(now: number): number {
    return this.#rows.at(-1)?.end ?? now - this.#began;
  }

  /** How long the steps with these keys took together, in milliseconds. */
  spent(...keys: string[]): number {
    return this.#rows.reduce((sum, row) => sum + (keys.includes(row.key) ? (row.end ?? row.start) - row.start : 0), 0);
  }
}

/** Who and what: the same stage name at another place is another step. */
export function stageKey(event: ProgressEvent): string {
  return `${event.place}:${event.stage}`;
}
