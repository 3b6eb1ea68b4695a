// A session: its grants, their renewal, and what it never says.
import { inspect } from 'node:util';
import { ed25519 } from '@noble/curves/ed25519.js';
import { describe, expect, test, vi } from 'vitest';
import { fromBase64, fromHex, utf8 } from '../../src/protocol/bytes.ts';
import { grantRequestText } from '../../src/protocol/context.ts';
import { attachVerification, newSession } from '../../src/session.ts';
import { createSessionKey, inMemoryKey } from '../../src/session-key.ts';
import { Transport } from '../../src/transport.ts';
import { json, problem, serve } from './server.ts';

const ID = '67e55044-10b1-426f-9247-bb680e5fe0c8';
const CONTEXT = {
  audience: 'https://listen.example',
  expires_at: 1_800_000_000,
  program_id: '11111111111111111111111111111111',
  cluster: 'localnet',
};

let count = 0;
/** A grant that is `age` seconds old and lives `lifetime`. Its signature is for whoever is shown it. */
function grant(lifetime: number, clock = 0) {
  const now = Math.floor(Date.now() / 1000) + clock;
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  count += 1;
  const claims = { nbf: now, exp: now + lifetime, jti: `${count}` };
  const token = [part({ alg: 'EdDSA', typ: 'veilpass-grant+jwt' }), part(claims), 'c2ln'].join('.');
  return { token, token_type: 'Bearer', expires_at: now + lifetime, jti: `${count}` };
}

/** An API that checks what it is asked for a grant, as the real one does, and gives one. */
async function api(lifetime = 600, clock = 0) {
  const issued: number[] = [];
  const server = await serve(({ path, body, headers }, response) => {
    const sent = body ? JSON.parse(body) : {};
    if (path === '/v1/grants') {
      const key = fromHex(sent.context.session_public_key, 32);
      const text = utf8(grantRequestText(sent.verification_id, sent.issued_at));
      if (!ed25519.verify(fromBase64(sent.signature, 64), text, key)) return problem(response, 422, 'wrong-signature');
      if (issued.includes(sent.issued_at)) return problem(response, 409, 'signature-used');
      const skew = Math.abs(sent.issued_at - Date.now() / 1000 - clock);
      if (skew > 60) return problem(response, 422, 'stale-request', {}, clock);
      issued.push(sent.issued_at);
      return json(response, 201, grant(lifetime, clock));
    }
    if (path === '/v1/grants/introspect') return json(response, 200, { active: true });
    if (path === '/v1/grants/revoke') return void response.writeHead(204).end();
    if (path === '/media') return void response.end(headers.authorization);
    problem(response, 404, 'not-found');
  });
  return { ...server, issued, session: await newSession(new Transport(server.url), CONTEXT) };
}

describe.each([
  ['of the platform', createSessionKey],
  ['in memory', async () => inMemoryKey()],
])('a key %s', (_, create) => {
  test('signs as Ed25519 does, until it is forgotten', async () => {
    const key = await create();
    const message = utf8('a text');
    expect(ed25519.verify(await key.sign(message), message, key.publicKey)).toBe(true);
    key.destroy();
    await expect(key.sign(message)).rejects.toThrow('ended');
  });
});

test('the key of this platform cannot be exported', async () => {
  const generate = vi.spyOn(crypto.subtle, 'generateKey');
  await createSessionKey();
  expect(generate).toHaveBeenCalledWith('Ed25519', false, expect.anything());
  const pair = (await generate.mock.results[0]?.value) as CryptoKeyPair;
  await expect(crypto.subtle.exportKey('pkcs8', pair.privateKey)).rejects.toThrow();
  generate.mockRestore();
});

test('a grant is asked for once, kept, and shown to nobody by accident', async () => {
  const { session, seen } = await api();
  await expect(session.grant()).rejects.toMatchObject({ code: 'not-verified' });
  attachVerification(session, ID, undefined);
  const [a, b] = await Promise.all([session.grant(), session.grant()]);
  expect(a).toBe(b);
  expect(await session.grant()).toBe(a);
  expect(seen.length).toBe(1);
  for (const shown of [JSON.stringify({ a, session }), inspect({ a, session }, { depth: 9 }), String(a)]) {
    expect(shown).not.toContain(a.token);
  }
});

test('the first grant is that of the verification', async () => {
  const { session, seen } = await api();
  const first = grant(600);
  attachVerification(session, ID, first);
  expect((await session.grant()).jti).toBe(first.jti);
  expect(seen.length).toBe(0);
});

test('each request is signed anew, with a later time', async () => {
  const { session, issued } = await api();
  attachVerification(session, ID, undefined);
  for (let i = 0; i < 3; i++) {
    await session.grant();
    await session.revoke();
  }
  expect(new Set(issued).size).toBe(3);
  expect(issued).toEqual([...issued].sort((a, b) => a - b));
});

test("the service's clock counts: an hour between the two is no trouble once a grant was seen", async () => {
  const { session, issued } = await api(600, 3600);
  attachVerification(session, ID, grant(600, 3600));
  await session.revoke();
  const renewed = await session.grant();
  expect(renewed.expiresAt).toBeGreaterThan(Date.now() / 1000 + 3600);
  expect(issued.length).toBe(1);
  // Its life is measured from when it came, not by the wall clock of this side.
  expect(await session.grant()).toBe(renewed);
});

test.each([3600, -3600])('without a grant, a refusal tells the time of a service %d s ahead', async (clock) => {
  const { session, seen, issued } = await api(600, clock);
  attachVerification(session, ID, undefined);
  await session.grant();
  expect(seen.length).toBe(2);
  await session.revoke();
  await session.grant();
  expect(issued.length).toBe(2);
  expect(seen.map(({ path }) => path)).toEqual(['/v1/grants', '/v1/grants', '/v1/grants/revoke', '/v1/grants']);
});

test('a service that finds its own time stale is asked twice', async () => {
  const { url, seen } = await serve((_, response) => problem(response, 422, 'stale-request'));
  const session = await newSession(new Transport(url), CONTEXT);
  attachVerification(session, ID, undefined);
  await expect(session.grant()).rejects.toMatchObject({ code: 'stale-request' });
  expect(seen.length).toBe(2);
});

test('fetch sends the grant, gets a new one for a 401, and sends nothing in the clear', async () => {
  const { session } = await api();
  attachVerification(session, ID, undefined);
  const tokens: (string | undefined)[] = [];
  const media = await serve(({ headers }, response) => {
    tokens.push(headers.authorization);
    response.writeHead(tokens.length === 1 ? 401 : 200);
    response.end();
  });
  expect((await session.fetch(`${media.url}/media`)).status).toBe(200);
  expect(tokens.length).toBe(2);
  expect(tokens[0]).toMatch(/^Bearer /);
  expect(tokens[1]).not.toBe(tokens[0]);
  for (const url of ['http://listen.example/media', 'ftp://localhost/', 'http://localhost.example/']) {
    await expect(session.fetch(url), url).rejects.toMatchObject({ code: 'insecure-url' });
  }
});

test('it is kept alive, until the session has ended', async () => {
  // A grant of two seconds is asked for again after one and a half.
  const { session, issued } = await api(2);
  attachVerification(session, ID, undefined);
  const grants: string[] = [];
  await new Promise<void>((resolve, reject) => {
    session.keepAlive({ grant: ({ jti }) => void (grants.push(jti) === 2 && resolve()), error: reject });
  });
  expect(issued.length).toBe(2);
  await session.close();
  expect(session.isClosed).toBe(true);
  await expect(session.grant()).rejects.toMatchObject({ code: 'session-closed' });
});

test('a session that has ended says so, once', async () => {
  const { url, seen } = await serve((_, response) => problem(response, 409, 'session-ended'));
  const session = await newSession(new Transport(url), CONTEXT);
  attachVerification(session, ID, undefined);
  const error = await new Promise((resolve) => session.keepAlive({ error: resolve }));
  expect(error).toMatchObject({ name: 'SessionEndedError', code: 'session-ended', cause: { status: 409 } });
  expect(seen.length).toBe(1);
  await session.close();
});

test('closing revokes the grant', async () => {
  const { session, seen } = await api();
  attachVerification(session, ID, undefined);
  const { token } = await session.grant();
  expect((await session.introspect()).active).toBe(true);
  await session.close();
  const revoked = seen.find(({ path }) => path === '/v1/grants/revoke');
  expect(JSON.parse(revoked?.body ?? '{}')).toEqual({ token });
  expect((await session.introspect()).active).toBe(false);
  // A token is never in a URL.
  expect(seen.every(({ path }) => !path.includes(token))).toBe(true);
});

test('closing revokes the grant that is on its way, and those who wait for it are told', async () => {
  const late = grant(600);
  let answer = () => {};
  const { url, seen } = await serve(({ path }, response) => {
    if (path === '/v1/grants/revoke') return void response.writeHead(204).end();
    answer = () => json(response, 201, late);
  });
  const session = await newSession(new Transport(url), CONTEXT);
  attachVerification(session, ID, undefined);
  const asked = session.grant();
  await vi.waitFor(() => expect(seen.length).toBe(1));
  await session.close();
  answer();
  await expect(asked).rejects.toMatchObject({ code: 'session-closed' });
  expect(seen.length).toBe(2);
  expect(seen[1]).toMatchObject({ path: '/v1/grants/revoke', body: JSON.stringify({ token: late.token }) });
  await expect(session.grant()).rejects.toMatchObject({ code: 'session-closed' });
});

test('a first grant that comes after closing is revoked, and given to nobody', async () => {
  const { session, seen } = await api();
  await session.close();
  const first = grant(600);
  attachVerification(session, ID, first);
  await expect(session.grant()).rejects.toMatchObject({ code: 'session-closed' });
  await vi.waitFor(() => expect(seen.length).toBe(1));
  expect(seen[0]).toMatchObject({ path: '/v1/grants/revoke', body: JSON.stringify({ token: first.token }) });
});
