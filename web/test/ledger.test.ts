import { describe, expect, test } from 'vitest';
import { Ledger } from '../src/room/unlock/ledger.ts';
import { explain, KNOWN_STEPS } from '../src/room/unlock/stages.ts';

describe('the ledger', () => {
  test('ends a step when the next one begins', () => {
    const ledger = new Ledger(1000);
    expect(ledger.add({ stage: 'leaves', place: 'device' }, 1010)).toBe(true);
    expect(ledger.add({ stage: 'proving', place: 'device' }, 1050)).toBe(true);
    expect(ledger.elapsed(1100)).toBe(100);
    ledger.close(1250);
    expect(ledger.rows.map(({ start, end }) => [start, end])).toEqual([
      [10, 50],
      [50, 250],
    ]);
    expect(ledger.elapsed(9999)).toBe(250);
    expect(ledger.spent('device:proving', 'prover:proving')).toBe(200);
  });

  test('keeps one row for a step that tells its progress, and the last measured share', () => {
    const ledger = new Ledger(0);
    ledger.add({ stage: 'loading', place: 'device', fraction: 0.2 }, 1);
    expect(ledger.add({ stage: 'loading', place: 'device', fraction: 0.9 }, 2)).toBe(false);
    ledger.add({ stage: 'loading', place: 'device' }, 3);
    expect(ledger.rows).toHaveLength(1);
    expect(ledger.rows[0]?.fraction).toBe(0.9);
  });

  test('tells the prover’s steps from the chain’s and the device’s of the same name', () => {
    const ledger = new Ledger(0);
    ledger.add({ stage: 'verifying', place: 'prover' }, 1);
    ledger.add({ stage: 'verifying', place: 'chain' }, 2);
    expect(ledger.rows).toHaveLength(2);
    expect(explain({ stage: 'proving', place: 'device' }).exposure).toBe('nothing');
    expect(explain({ stage: 'proving', place: 'prover' }).exposure).toBe('yours');
  });

  test('a step that comes again later is another step', () => {
    const ledger = new Ledger(0);
    for (const stage of ['queued', 'leased', 'queued'] as const) ledger.add({ stage, place: 'prover' }, 1);
    expect(ledger.rows.map(({ key }) => key)).toEqual(['prover:queued', 'prover:leased', 'prover:queued']);
  });
});

describe('the explanations', () => {
  test('have both columns for every step', () => {
    for (const key of KNOWN_STEPS) {
      const [place, stage] = key.split(':') as ['device', 'proving'];
      const { title, browser, server } = explain({ place, stage });
      for (const text of [title, browser, server]) expect(text.length).toBeGreaterThan(3);
    }
  });

  test('of an unknown step is its own detail', () => {
    const event = { place: 'chain', stage: 'novel', detail: 'Something new' } as never;
    expect(explain(event).title).toBe('Something new');
  });
});
