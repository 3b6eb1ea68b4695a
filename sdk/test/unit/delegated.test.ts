// Delegated proving over connections that break, provers that refuse, and listeners who leave. (With a real prover:
// test/stack.)
import type { ServerResponse } from 'node:http';
import { expect, onTestFinished, test, vi } from 'vitest';
import { proveDelegated } from '../../src/proofs/delegated.ts';
import { fieldFromBigInt } from '../../src/protocol/field.ts';
import { Transport } from '../../src/transport.ts';
import { type Answer, json, problem, type Seen, serve } from './server.ts';

const number = (value: number) => `0x${value.toString(16).padStart(64, '0')}`;
const STATEMENT = { registry_id: number(1), track_id: number(2), epoch: 3, nullifier: number(4), context: number(5) };
const WITNESS = { secret: fieldFromBigInt(77n), tokenId: number(88), leafIndexHint: 0 };
const KEY = {
  public_key: '13be4feaeaf204c7fd3358fc9c00721881d174278128227ec674f37f7fe97b6d',
  prover_key_id: '290372a8fab14b431f8fe9faef4ec325',
};
const DONE = { proof: Buffer.alloc(7232).toString('base64'), public_inputs: { ...STATEMENT, merkle_root: number(6) } };

/** An API with one prover; `events` answers the stream. */
function api(events: Answer, overrides: Record<string, Answer> = {}): Answer {
  return (seen, response) => {
    const name = `${seen.method} ${seen.path}`;
    const routes: Record<string, Answer> = {
      'GET /v1/prover-keys': (_, to) => json(to, 200, { keys: [KEY] }),
      'POST /v1/proofs': (_, to) => json(to, 202, { id: 'j', status: 'queued', attempts: 0, job_token: 't' }),
      'GET /v1/proofs/j/events': events,
      'POST /v1/proofs/j/result': (_, to) => json(to, 200, DONE),
      'DELETE /v1/proofs/j': (_, to) => void to.writeHead(204).end(),
      ...overrides,
    };
    return (routes[name] ?? ((_, to) => problem(to, 404, 'not-found')))(seen, response);
  };
}

function stream(response: ServerResponse, ...stages: object[]): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(': hello\n\n');
  for (const stage of stages) response.write(`event: stage\ndata: ${JSON.stringify({ attempt: 1, ...stage })}\n\n`);
}

test('stages are told in order, and the proof is fetched once', async () => {
  const { url, seen } = await serve(
    api((_, response) => {
      stream(response, { stage: 'leased' }, { stage: 'proving' }, { stage: 'future-stage' }, { stage: 'done' });
    }),
  );
  const stages: string[] = [];
  const onProgress = ({ stage }: { stage: string }) => void stages.push(stage);
  const made = await proveDelegated(new Transport(url), STATEMENT, WITNESS, { onProgress });
  expect(made.proof.length).toBe(7232);
  expect(stages).toEqual(['sealing', 'queued', 'leased', 'proving']);
  expect(seen.filter(({ path }) => path.endsWith('/result')).length).toBe(1);
  const request = seen.find(({ method, path }) => method === 'POST' && path === '/v1/proofs') as Seen;
  const { sealed_witness, ...statement } = JSON.parse(request.body);
  expect(statement).toEqual(STATEMENT);
  expect(sealed_witness.prover_key_id).toBe(KEY.prover_key_id);
  expect(Buffer.from(sealed_witness.envelope, 'base64').length).toBe(117);
  // The token goes into headers only.
  expect(seen.every(({ path }) => !path.includes('t='))).toBe(true);
  expect(seen.find(({ path }) => path.endsWith('/events'))?.headers.authorization).toBe('Bearer t');
});

test('where events do not come through, it is looked at instead', async () => {
  const { url, seen } = await serve(
    api((_, response) => void response.destroy(), {
      'GET /v1/proofs/j': (_, to) => json(to, 200, { id: 'j', status: 'done', attempts: 1 }),
    }),
  );
  const made = await proveDelegated(new Transport(url), STATEMENT, WITNESS, {});
  expect(made.publicInputs.merkle_root).toBe(number(6));
  expect(seen.filter(({ path }) => path === '/v1/proofs/j').length).toBe(1);
});

test('whoever did not enrol is told so', async () => {
  const failure = { code: 'not_a_member', detail: 'no enrolled leaf' };
  const { url } = await serve(api((_, response) => stream(response, { stage: 'failed', failure })));
  const made = proveDelegated(new Transport(url), STATEMENT, WITNESS, {});
  await expect(made).rejects.toMatchObject({ name: 'NotAMemberError' });
});

test('another failure is one of the prover', async () => {
  const failure = { code: 'attempts_exhausted', detail: 'again' };
  const { url } = await serve(api((_, response) => stream(response, { stage: 'failed', failure })));
  const made = proveDelegated(new Transport(url), STATEMENT, WITNESS, {});
  await expect(made).rejects.toMatchObject({ name: 'ProofFailedError', code: 'attempts-exhausted' });
});

test('an abort gives the job up', async () => {
  const controller = new AbortController();
  let cancelled: (value: Seen) => void;
  const wasCancelled = new Promise<Seen>((resolve) => {
    cancelled = resolve;
  });
  const { url } = await serve(
    api((_, response) => stream(response, { stage: 'proving' }), {
      'DELETE /v1/proofs/j': (seen, to) => {
        cancelled(seen);
        to.writeHead(204).end();
      },
    }),
  );
  const onProgress = ({ stage }: { stage: string }) => void (stage === 'proving' && controller.abort());
  const made = proveDelegated(new Transport(url), STATEMENT, WITNESS, { signal: controller.signal, onProgress });
  await expect(made).rejects.toMatchObject({ name: 'AbortError' });
  expect((await wasCancelled).headers.authorization).toBe('Bearer t');
});

test.each([
  ['another statement', { ...DONE, public_inputs: { ...DONE.public_inputs, nullifier: number(9) } }, 'other-statement'],
  [
    'a root that is not canonical',
    { ...DONE, public_inputs: { ...DONE.public_inputs, merkle_root: `0x${'f'.repeat(64)}` } },
    'not-canonical',
  ],
  ['a proof of another length', { ...DONE, proof: 'AAAA' }, 'not-canonical'],
  ['no proof', { id: 'j' }, 'connection'],
])('an answer with %s is refused', async (_, answer, code) => {
  const { url } = await serve(
    api((_, response) => stream(response, { stage: 'done' }), {
      'POST /v1/proofs/j/result': (_, to) => json(to, 200, answer),
    }),
  );
  await expect(proveDelegated(new Transport(url), STATEMENT, WITNESS, {})).rejects.toMatchObject({ code });
});

test('no prover, a wrong name of a key, and a key that was rotated meanwhile', async () => {
  let keys: object[] = [];
  let refusals = 1;
  const { url, seen } = await serve(
    api((_, response) => stream(response, { stage: 'done' }), {
      'GET /v1/prover-keys': (_, to) => json(to, 200, { keys }),
      'POST /v1/proofs': (_, to) => {
        if (refusals-- > 0) problem(to, 422, 'unknown-prover-key');
        else json(to, 202, { id: 'j', status: 'queued', attempts: 0, job_token: 't' });
      },
    }),
  );
  const prove = () => proveDelegated(new Transport(url), STATEMENT, WITNESS, {});
  await expect(prove()).rejects.toMatchObject({ code: 'no-prover' });
  keys = [{ ...KEY, prover_key_id: '00'.repeat(16) }];
  await expect(prove()).rejects.toMatchObject({ name: 'PinMismatchError' });
  keys = [KEY];
  expect((await prove()).proof.length).toBe(7232);
  const envelopes = seen
    .filter(({ method, path }) => method === 'POST' && path === '/v1/proofs')
    .map(({ body }) => body);
  expect(envelopes.length).toBe(2);
  expect(envelopes[0]).not.toBe(envelopes[1]);
});

test('comments keep a stream; one of which nothing comes any more is opened again', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  // In memory, so that what is said has come before the next timer fires.
  const streams: ReadableStreamDefaultController<Uint8Array>[] = [];
  const say = (text: string) => streams.at(-1)?.enqueue(new TextEncoder().encode(text));
  const { url } = await serve(api(() => {}));
  const transport = new Transport(url, async (input, init) => {
    if (!String(input).endsWith('/events')) return fetch(input, init);
    return new Response(new ReadableStream<Uint8Array>({ start: (controller) => void streams.push(controller) }));
  });
  const made = proveDelegated(transport, STATEMENT, WITNESS, {});
  await vi.waitFor(() => expect(streams.length).toBe(1));
  for (let comment = 0; comment < 4; comment++) {
    say(':\n\n');
    await vi.advanceTimersByTimeAsync(15_000);
  }
  expect(streams.length).toBe(1);
  await vi.advanceTimersByTimeAsync(30_000);
  await vi.waitFor(() => expect(streams.length).toBe(2));
  say('event: stage\ndata: {"stage":"done","attempt":1}\n\n');
  expect((await made).proof.length).toBe(7232);
});
