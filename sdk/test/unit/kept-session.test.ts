// Sessions across reloads: what is kept of one, what it is good for, and when it is over.
import { inspect } from 'node:util';
import { ed25519 } from '@noble/curves/ed25519.js';
import { describe, expect, test, vi } from 'vitest';
import { SessionEndedError } from '../../src/errors.ts';
import type { KeptSession } from '../../src/kept-session.ts';
import { fromBase64, fromHex, hex, utf8 } from '../../src/protocol/bytes.ts';
import { grantRequestText } from '../../src/protocol/context.ts';
import { sessionEnd, sessionSeconds } from '../../src/protocol/epoch.ts';
import { reopen } from '../../src/reopening.ts';
import { attachVerification, newSession } from '../../src/session.ts';
import { Transport } from '../../src/transport.ts';
import { type Answer, json, problem, serve } from './server.ts';

const ID = '67e55044-10b1-426f-9247-bb680e5fe0c8';
const number = (value: number) => `0x${value.toString(16).padStart(64, '0')}`;
const UNLOCKS = { registry_id: number(1), track_id: number(2) };
const PLACE = {
  registryId: UNLOCKS.registry_id,
  audience: 'https://listen.example',
  programId: '11111111111111111111111111111111',
  cluster: 'localnet',
};
const now = () => Math.floor(Date.now() / 1000);
const context = (seconds: number) => ({
  audience: PLACE.audience,
  expires_at: now() + seconds,
  program_id: PLACE.programId,
  cluster: PLACE.cluster,
});

function grant(clock = 0) {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const [nbf, exp] = [now() + clock, now() + clock + 600];
  return { token: `${part({})}.${part({ nbf, exp })}.c2ln`, token_type: 'Bearer', expires_at: exp, jti: 'a' };
}

/** An API whose clock is `clock` seconds ahead, and which counts each signature once. */
async function api(clock = 0, first: Answer[] = []) {
  const issued = new Set<number>();
  return serve((seen, response) => {
    const next = first.shift();
    if (next) return next(seen, response);
    const sent = JSON.parse(seen.body);
    const text = utf8(grantRequestText(sent.verification_id, sent.issued_at));
    const key = fromHex(sent.context.session_public_key, 32);
    if (!ed25519.verify(fromBase64(sent.signature, 64), text, key)) return problem(response, 422, 'wrong-signature');
    if (Math.abs(sent.issued_at - now() - clock) > 60) return problem(response, 422, 'stale-request', {}, clock);
    if (issued.has(sent.issued_at)) return problem(response, 409, 'signature-used');
    issued.add(sent.issued_at);
    json(response, 201, grant(clock));
  });
}

/** A session that was unlocked, as IndexedDB would give it back. */
async function kept(seconds = 3600, clock = 0): Promise<KeptSession> {
  const session = await newSession(new Transport('http://127.0.0.1:9'), context(seconds));
  attachVerification(session, ID, grant(clock), UNLOCKS);
  return structuredClone(session.keep());
}

describe('what is kept', () => {
  test('has no grant in it, and a key that cannot be exported', async () => {
    const session = await newSession(new Transport('http://127.0.0.1:9'), context(60));
    const first = grant();
    attachVerification(session, ID, first, UNLOCKS);
    const record = session.keep();
    expect(session.isKeepable).toBe(true);
    expect(inspect(record, { depth: 9, showHidden: true })).not.toContain(first.token);
    expect(record.privateKey.extractable).toBe(false);
    for (const format of ['pkcs8', 'jwk'] as const) {
      await expect(crypto.subtle.exportKey(format, record.privateKey)).rejects.toThrow();
    }
    expect(JSON.parse(JSON.stringify(record)).privateKey).toEqual({});
  });

  test('is nothing before the proof was accepted, and after the session was closed', async () => {
    const { url } = await api();
    const session = await newSession(new Transport(url), context(60));
    expect(session.isKeepable).toBe(false);
    expect(() => session.keep()).toThrow(expect.objectContaining({ code: 'not-keepable' }));
    attachVerification(session, ID, undefined, UNLOCKS);
    await session.close();
    expect(session.isKeepable).toBe(false);
    expect(() => session.keep()).toThrow('closed');
  });

  test('is nothing where WebCrypto has no Ed25519: a key in memory is never stored', async () => {
    const generate = vi.spyOn(crypto.subtle, 'generateKey').mockRejectedValue(new Error('NotSupportedError'));
    const session = await newSession(new Transport('http://127.0.0.1:9'), context(60));
    generate.mockRestore();
    attachVerification(session, ID, undefined, UNLOCKS);
    expect(session.isKeepable).toBe(false);
    expect(() => session.keep()).toThrow('does not keep its key');
  });
});

test('it ends when the API must end it, or as was wished, and never beyond the epoch and its grace', () => {
  const registry = { epoch: 10, epoch_length_seconds: 86_400 * 30, epoch_grace_seconds: 600 };
  const start = 10 * registry.epoch_length_seconds;
  const end = start + registry.epoch_length_seconds + 600;
  expect(sessionSeconds({ max_session_seconds: 86_400 })).toBe(23 * 3600);
  expect(sessionEnd(registry, start, 23 * 3600)).toBe(start + 23 * 3600);
  expect(sessionEnd(registry, start, 59.9)).toBe(start + 59);
  expect(sessionEnd(registry, end - 700, 3600)).toBe(end);
  expect(sessionEnd(registry, start, 1e9)).toBe(end);
});

describe('a session that is reopened', () => {
  test('asks for a grant with the key of before, and is the same session', async () => {
    const { url, seen } = await api();
    const record = await kept();
    const session = await reopen(new Transport(url), record, PLACE, {});
    expect(seen.map(({ path }) => path)).toEqual(['/v1/grants']);
    expect([session.context, session.verificationId]).toEqual([record.context, ID]);
    expect((await session.grant()).jti).toBe('a');
    expect(seen.length).toBe(1);
    expect(session.keep()).toEqual({ ...record, clockOffset: expect.any(Number) });
  });

  test('signs again when another tab signed in the same second', async () => {
    const { url } = await api();
    const record = await kept();
    const all = await Promise.all([1, 2, 3].map(() => reopen(new Transport(url), record, PLACE, {})));
    expect(all.map(({ isClosed }) => isClosed)).toEqual([false, false, false]);
  });

  test('remembers the clock of the service, and learns it again when this one was set', async () => {
    const ahead = await api(3 * 3600);
    await reopen(new Transport(ahead.url), await kept(6 * 3600, 3 * 3600), PLACE, {});
    expect(ahead.seen.length).toBe(1);
    const right = await api();
    const session = await reopen(new Transport(right.url), await kept(6 * 3600, 3 * 3600), PLACE, {});
    expect(right.seen.length).toBe(2);
    expect(Math.abs(session.keep().clockOffset)).toBeLessThan(60);
  });

  test('waits until the chain has confirmed its proof', async () => {
    const view = { id: ID, track_id: UNLOCKS.track_id, epoch: 3, root_seq: 1, settle: 'onchain', status: 'verified' };
    const { url, seen } = await api(0, [
      (_, response) => problem(response, 409, 'not-verified-yet'),
      (_, response) => json(response, 200, { ...view, status: 'uploading' }),
      (_, response) => json(response, 200, view),
    ]);
    await reopen(new Transport(url), await kept(), PLACE, {});
    expect(seen.map(({ path }) => path.split('/')[2])).toEqual(['grants', 'verifications', 'verifications', 'grants']);
  });
});

describe('what cannot be reopened', () => {
  test.each([
    [409, 'session-ended', 'the next one'],
    [422, 'context-expired', 'the next one'],
    [422, 'stale-epoch', 'a new period has begun'],
    [422, 'unknown-verification', 'the next one'],
  ])('%d %s is final, and says when to prove again', async (status, code, advice) => {
    const { url, seen } = await api(0, [(_, response) => problem(response, status, code)]);
    const error = await reopen(new Transport(url), await kept(), PLACE, {}).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(SessionEndedError);
    expect(error).toMatchObject({ code, advice: expect.stringContaining(advice), cause: { status } });
    expect(seen.length).toBe(1);
  });

  test('one whose time is over is not asked for', async () => {
    const { url, seen } = await api();
    const record = await kept(-1);
    await expect(reopen(new Transport(url), record, PLACE, {})).rejects.toMatchObject({ code: 'context-expired' });
    expect(seen.length).toBe(0);
  });

  test('a service that is away ends nothing', async () => {
    const { url } = await api(0, [(_, response) => problem(response, 500, 'internal')]);
    const record = await kept();
    const attempt = () => reopen(new Transport(url), record, PLACE, {});
    await expect(attempt()).rejects.not.toBeInstanceOf(SessionEndedError);
    expect((await attempt()).isClosed).toBe(false);
  });

  test('one of another place', async () => {
    const transport = new Transport('http://127.0.0.1:9');
    for (const [name, value] of Object.entries({
      registryId: number(9),
      audience: 'https://other.example',
      programId: '11111111111111111111111111111112',
      cluster: 'devnet',
    })) {
      const elsewhere = reopen(transport, await kept(), { ...PLACE, [name]: value }, {});
      await expect(elsewhere, name).rejects.toMatchObject({ code: 'kept-elsewhere' });
    }
  });

  test('what is none, or has a key that could be read out', async () => {
    const good = await kept();
    const exportable = (await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as CryptoKeyPair;
    const aes = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt']);
    const bad: unknown[] = [null, 'kept', {}, { ...good, version: 2 }, { ...good, verificationId: '../..' }];
    bad.push({ ...good, privateKey: exportable.privateKey }, { ...good, privateKey: exportable.publicKey });
    bad.push({ ...good, privateKey: aes }, { ...good, privateKey: {} }, { ...good, clockOffset: Number.NaN });
    bad.push({ ...good, context: { ...good.context, session_public_key: 'AB' } }, { ...good, trackId: '0x2' });
    for (const one of bad) {
      const attempt = reopen(new Transport('http://127.0.0.1:9'), one as KeptSession, PLACE, {});
      await expect(attempt, inspect(one)).rejects.toMatchObject({ code: 'kept-malformed' });
    }
  });

  test('with the key of another session', async () => {
    const { url } = await api();
    const other = hex(ed25519.getPublicKey(ed25519.utils.randomSecretKey()));
    const record = await kept();
    const forged = { ...record, context: { ...record.context, session_public_key: other } };
    await expect(reopen(new Transport(url), forged, PLACE, {})).rejects.toMatchObject({ code: 'wrong-signature' });
  });
});
