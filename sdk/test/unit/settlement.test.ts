// How a verification is followed to its end. (With a real chain: test/stack.)
import { expect, onTestFinished, test, vi } from 'vitest';
import { AbortError, MaybeAcceptedError } from '../../src/errors.ts';
import { PROGRAM_ERRORS } from '../../src/generated/program.ts';
import { settlement, verify } from '../../src/settlement.ts';
import { Transport } from '../../src/transport.ts';
import { json, problem, serve } from './server.ts';

const number = (value: number) => `0x${value.toString(16).padStart(64, '0')}`;
const VIEW = { id: 'v', track_id: number(2), epoch: 3, root_seq: 1, settle: 'onchain', status: 'accepted' };

/** An API whose verification is at one of these after the other; at the last for ever. */
async function follow(...views: object[]) {
  const { url } = await serve((_, response) =>
    json(response, 200, { ...VIEW, ...(views.length > 1 ? views.shift() : views[0]) }),
  );
  const stages: string[] = [];
  const onProgress = ({ stage, place }: { stage: string; place: string }) => void stages.push(`${place}:${stage}`);
  return { transport: new Transport(url), stages, onProgress };
}

test('it is followed until the cluster confirmed it', async () => {
  const { transport, stages, onProgress } = await follow(
    { status: 'accepted' },
    { status: 'uploading' },
    { status: 'verified', transaction: { signature: 's', slot: 7 } },
  );
  const view = await settlement(transport, 'v', { onProgress });
  expect(view.transaction).toEqual({ signature: 's', slot: 7 });
  expect(stages).toEqual(['api:accepted', 'chain:uploading', 'chain:verified']);
});

test('or until it is final, if that is wanted', async () => {
  const { transport } = await follow({ status: 'verified' }, { status: 'final' });
  expect((await settlement(transport, 'v', { until: 'final' })).status).toBe('final');
});

test('what is settled offchain is settled', async () => {
  const { transport } = await follow({ settle: 'offchain' });
  expect((await settlement(transport, 'v', {})).status).toBe('accepted');
});

test('a refusal has the name that the program gives it', async () => {
  const refusal = { code: 6016, detail: 'Error number 6016' };
  const { transport } = await follow({ status: 'uploading' }, { status: 'refused', refusal });
  await expect(settlement(transport, 'v', {})).rejects.toMatchObject({
    name: 'SettlementRefusedError',
    programError: { code: 6016, name: PROGRAM_ERRORS[6016].name },
  });
  expect(PROGRAM_ERRORS[6016].name).toBe('RootRevoked');
  const overruled = await follow({ status: 'refused', refusal: { detail: 'spent on chain for another session' } });
  await expect(settlement(overruled.transport, 'v', {})).rejects.toMatchObject({ programError: undefined });
});

test('an abort ends the waiting', async () => {
  const controller = new AbortController();
  const { transport } = await follow({ status: 'verifying' });
  const onProgress = () => controller.abort();
  const waiting = settlement(transport, 'v', { signal: controller.signal, onProgress });
  await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
});

const PUBLIC_INPUTS = {
  registry_id: number(1),
  merkle_root: number(6),
  track_id: number(2),
  epoch: 3,
  nullifier: number(4),
  context: number(5),
};
const CONTEXT = { audience: 'a', session_public_key: '', expires_at: 1, program_id: 'p', cluster: 'localnet' };
const PROOF = { proof: new Uint8Array(7232), publicInputs: PUBLIC_INPUTS, context: CONTEXT, method: 'device' as const };

test('the grant of an answer goes to the session, and is not in what is returned', async () => {
  const { url, seen } = await serve(({ path }, response) => {
    if (path !== '/v1/verifications') return problem(response, 404, 'not-found');
    json(response, 201, {
      ...VIEW,
      settle: 'offchain',
      grant: { token: 'secret', token_type: 'Bearer', expires_at: 1, jti: 'j' },
    });
  });
  const verification = await verify(new Transport(url), PROOF, {});
  expect(JSON.stringify(verification)).not.toContain('secret');
  const sent = JSON.parse(seen[0]?.body ?? '{}');
  const expected = {
    proof: Buffer.alloc(7232).toString('base64'),
    public_inputs: PUBLIC_INPUTS,
    context: CONTEXT,
    settle: 'offchain',
  };
  expect(sent).toEqual(expected);
});

test('who stops while the API looks at the proof is told what became of it', async () => {
  const stop = new AbortController();
  const { url, seen } = await serve((_, response) => {
    stop.abort();
    setTimeout(() => json(response, 201, { ...VIEW, settle: 'offchain' }), 50);
  });
  const verification = await verify(new Transport(url), PROOF, { signal: stop.signal });
  expect(verification.id).toBe(VIEW.id);
  await expect(verify(new Transport(url), PROOF, { signal: stop.signal })).rejects.toThrow(AbortError);
  expect(seen.length).toBe(1);
});

test('who stops and gets no answer is told that nobody knows', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const stop = new AbortController();
  const { url } = await serve(() => stop.abort());
  const verified = verify(new Transport(url), PROOF, { signal: stop.signal }).catch((error: unknown) => error);
  await vi.waitFor(() => expect(stop.signal.aborted).toBe(true));
  await vi.advanceTimersByTimeAsync(5_000);
  expect(await verified).toBeInstanceOf(MaybeAcceptedError);
});
