// Requests: when they are sent again, and what refusals become.
import { expect, test } from 'vitest';
import {
  AbortError,
  AnonymitySetTooSmallError,
  ApiError,
  ConnectionError,
  NullifierUsedError,
  PinMismatchError,
  VeilpassError,
} from '../../src/errors.ts';
import { Transport } from '../../src/transport.ts';
import { Veilpass } from '../../src/veilpass.ts';
import { json, problem, serve } from './server.ts';

test('a busy API is asked again, after what it says, under the same idempotency key', async () => {
  const { url, seen } = await serve((_, response) => {
    if (seen.length === 1) problem(response, 503, 'queue-full', { 'retry-after': '0' });
    else json(response, 200, { ok: true });
  });
  expect(await new Transport(url).post('/v1/proofs', { a: 1 })).toEqual({ ok: true });
  expect(seen.length).toBe(2);
  expect(seen[0]?.headers['idempotency-key']).toMatch(/^[0-9a-f-]{36}$/);
  expect(seen[1]?.headers['idempotency-key']).toBe(seen[0]?.headers['idempotency-key']);
  expect(seen[1]?.body).toBe('{"a":1}');
});

test('a request that is still being worked on is asked about again, and a refusal for good is not', async () => {
  const { url, seen } = await serve((_, response) => {
    if (seen.length === 1) problem(response, 409, 'idempotency-key-in-use', { 'retry-after': '0' });
    else if (seen.length === 2) json(response, 200, { ok: true });
    else problem(response, 409, 'nullifier-used', {});
  });
  const transport = new Transport(url);
  expect(await transport.post('/v1/verifications', { a: 1 })).toEqual({ ok: true });
  expect(seen[1]?.headers['idempotency-key']).toBe(seen[0]?.headers['idempotency-key']);
  await expect(transport.post('/v1/verifications', { a: 1 })).rejects.toMatchObject({ code: 'nullifier-used' });
  expect(seen.length).toBe(3);
});

test('what may act twice is not sent twice when the connection breaks', async () => {
  const { url, seen } = await serve((_, response) => {
    response.destroy();
  });
  const request = new Transport(url).json('/v1/proofs/1/result', { method: 'POST', bearer: 'token' });
  await expect(request).rejects.toBeInstanceOf(ConnectionError);
  expect(seen.length).toBe(1);
});

test('a read is, a few times', async () => {
  const { url, seen } = await serve((_, response) => {
    if (seen.length < 3) response.destroy();
    else json(response, 200, { ok: true });
  });
  expect(await new Transport(url).json('/v1/info')).toEqual({ ok: true });
  expect(seen.length).toBe(3);
});

test('a refusal is an error that says what to do', async () => {
  const { url } = await serve(({ path }, response) => {
    if (path === '/page') {
      response.writeHead(502, { 'content-type': 'text/html' });
      response.end('<html>');
    } else problem(response, 422, path.slice(1), { 'x-request-id': 'r1', 'retry-after': '7' });
  });
  const refused = (code: string) => new Transport(url).json(`/${code}`).catch((error: unknown) => error);
  expect(await refused('nullifier-used')).toBeInstanceOf(NullifierUsedError);
  expect(await refused('anonymity-set-too-small')).toBeInstanceOf(AnonymitySetTooSmallError);
  const error = (await refused('stale-root')) as ApiError;
  expect(error).toBeInstanceOf(ApiError);
  expect(error).toBeInstanceOf(VeilpassError);
  expect(error).toMatchObject({
    code: 'stale-root',
    status: 422,
    retryAfter: 7,
    name: 'ApiError',
    detail: 'because of stale-root',
  });
  expect(error.problem.requestId).toBe('r1');
  expect(error.advice).toContain('Prove again');
  expect(await refused('page')).toMatchObject({ status: 502, code: 'blank' });
});

test('an abort ends a request, and a pause before the next', async () => {
  const controller = new AbortController();
  const { url } = await serve((_, response) => {
    problem(response, 503, 'queue-full', { 'retry-after': '30' });
    setTimeout(() => controller.abort(), 20);
  });
  const request = new Transport(url).json('/v1/info', { signal: controller.signal });
  await expect(request).rejects.toBeInstanceOf(AbortError);
  const again = new Transport(url).json('/v1/info', { signal: controller.signal });
  await expect(again).rejects.toMatchObject({ name: 'AbortError', code: 'aborted' });
});

test('tokens go into a header, and cookies nowhere', async () => {
  const { url, seen } = await serve((_, response) => json(response, 200, {}));
  await new Transport(`${url}/`).json('/v1/proofs/1', { bearer: 'job-token' });
  expect(seen[0]?.headers.authorization).toBe('Bearer job-token');
  expect(seen[0]?.path).toBe('/v1/proofs/1');
  expect(seen[0]?.headers.cookie).toBeUndefined();
  expect(seen[0]?.headers.referer).toBeUndefined();
});

const REGISTRY = `0x${'0'.repeat(63)}1`;

test.each([
  ['circuit_sha256', '00'.repeat(32), 'the circuit'],
  ['verification_key_hash', `0x${'00'.repeat(32)}`, 'the verification key'],
  ['tree_depth', 31, 'the depth of the tree'],
  ['proof_system', 'UltraHonk, Keccak transcript', 'the proof system'],
  ['proof_bytes', 7000, 'the length of a proof'],
  ['sealed_witness_bytes', 118, 'the length of a sealed witness'],
  ['public_inputs', ['registry_id'], 'the order of the public inputs'],
])('an API with another %s is refused', async (field, value, pin) => {
  const { PINS } = await import('../../src/pins.ts');
  const info = {
    circuit_sha256: PINS.circuitSha256,
    verification_key_hash: PINS.verificationKeyHash,
    proof_system: PINS.proofSystem,
    tree_depth: 32,
    proof_bytes: 7232,
    sealed_witness_bytes: 117,
    public_inputs: ['registry_id', 'merkle_root', 'track_id', 'epoch', 'nullifier', 'context'],
  };
  const registry = { registry_id: REGISTRY, cluster: 'localnet', program_id: '1', epoch: 1, tracks: [] };
  let served: object = info;
  const { url } = await serve(({ path }, response) => json(response, 200, path === '/v1/info' ? served : registry));
  const options = { api: url, registryId: REGISTRY, audience: 'https://listen.example' };
  await Veilpass.connect(options);
  await expect(Veilpass.connect({ ...options, cluster: 'devnet' })).rejects.toBeInstanceOf(PinMismatchError);
  await expect(Veilpass.connect({ ...options, programId: '2' })).rejects.toBeInstanceOf(PinMismatchError);
  served = { ...info, [field]: value };
  await expect(Veilpass.connect(options)).rejects.toMatchObject({ name: 'PinMismatchError', pin });
});
