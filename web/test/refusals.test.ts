import { SessionEndedError } from '@veilpass/sdk';
import { describe, expect, test } from 'vitest';
import { codeOf, endsSession, refusal } from '../src/room/unlock/refusals.ts';

const NOW = { title: 'Attic Tape', demo: true, periodEnds: '4 days 2 h', holders: 2, floor: 20 };
const coded = (code: string, more = {}) => Object.assign(new Error('what the service said'), { code, ...more });

describe('refusals', () => {
  const known = [
    'no-token',
    'nullifier-used',
    'anonymity-set-too-small',
    'wallet-rejected',
    'queue-full',
    'rate-limited',
    'connection',
    'settlement-refused',
    'pin-mismatch',
    'aborted',
  ];
  test('each have words of their own', () => {
    const titles = known.map((code) => refusal(coded(code), NOW).title);
    expect(new Set(titles).size).toBe(known.length);
    for (const code of known) expect(refusal(coded(code), NOW).code).toBe(code);
  });

  test('say when the period ends, and among how few one would hide', () => {
    expect(refusal(coded('nullifier-used'), NOW).next).toContain('4 days 2 h');
    const few = refusal(coded('anonymity-set-too-small'), NOW);
    expect(few.what).toContain('Only 2 listeners have');
    expect(few.what).toContain('20 are needed');
  });

  test('of a session that is over tell when to come back, and of a new period to prove again', () => {
    for (const code of ['session-ended', 'context-expired', 'unknown-verification']) {
      const told = refusal(new SessionEndedError(code, ''), NOW);
      expect(told).toMatchObject({ code, title: 'Your session is over', next: expect.stringContaining('4 days 2 h') });
    }
    expect(refusal(new SessionEndedError('stale-epoch', ''), NOW).actions[0]).toBe('again');
    // The same word of another request is about a proof.
    expect(refusal(coded('context-expired'), NOW).title).not.toBe('Your session is over');
  });

  test('end a session that is kept only if asking again is of no use', () => {
    expect(endsSession(new SessionEndedError('session-ended', ''))).toBe(true);
    for (const code of ['settlement-refused', 'kept-malformed', 'kept-elsewhere']) {
      expect(endsSession(coded(code)), code).toBe(true);
    }
    const passing = [
      'connection',
      'unavailable',
      'not-verified-yet',
      'rate-limited',
      'too-many-downloads',
      'aborted',
      'media',
    ];
    for (const code of passing) {
      expect(endsSession(coded(code)), code).toBe(false);
    }
  });

  test('offer the desk only where there is one', () => {
    expect(refusal(coded('no-token'), NOW).actions).toContain('desk');
    expect(refusal(coded('no-token'), { ...NOW, demo: false }).actions).not.toContain('desk');
  });

  test('tell when to come back, if the service said so', () => {
    expect(refusal(coded('queue-full', { retryAfter: 7 }), NOW).retryAfter).toBe(7);
    expect(refusal(coded('queue-full'), NOW).retryAfter).toBeNull();
  });

  test('of errors that nobody thought of are their own words and advice', () => {
    const told = refusal(coded('new-thing', { advice: 'Do this.' }), NOW);
    expect(told).toMatchObject({ code: 'new-thing', what: 'What the service said.', next: 'Do this.' });
    expect(codeOf('a text')).toBe('unexpected');
    expect(codeOf(new DOMException('', 'AbortError'))).toBe('aborted');
  });
});
