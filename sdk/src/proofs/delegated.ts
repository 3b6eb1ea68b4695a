/** Proofs that a prover makes: the witness is sealed to it, and everything in between sees ciphertext. */

import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { delay } from '../abort.js';
import {
  AbortError,
  ApiError,
  ConnectionError,
  NotAMemberError,
  PinMismatchError,
  ProofFailedError,
} from '../errors.js';
import type { components } from '../generated/api.js';
import { PROOF_BYTES } from '../pins.js';
import { type Bytes, equalBytes, fromBase64, fromHex, toBase64 } from '../protocol/bytes.js';
import { type ProofStatement, publicInputBytes, statementBytes } from '../protocol/statement.js';
import { chunks, type Transport } from '../transport.js';
import type { CallOptions, PublicInputs, Stage } from '../types.js';
import { type OwnershipWitness, proverKeyId, sealWitness } from './sealing.js';

type Schemas = components['schemas'];
interface Job {
  readonly id: string;
  readonly token: string;
}
type Ended = { readonly failure: Schemas['FailureView'] | null } | undefined;

/** Milliseconds between looks, where there is no stream of events. */
const POLL = 1000;
/**
 * Streams that are opened before it is looked at instead. A stream ends after ten minutes, and may be replaced by
 * another.
 */
const STREAMS = 3;
/** Milliseconds without a byte after which a stream has broken off. The API sends a comment every 15 s. */
const STALLED = 45_000;

/** Has a statement proved. An abort gives the job up at the API too. */
export async function proveDelegated(
  transport: Transport,
  statement: ProofStatement,
  witness: OwnershipWitness,
  options: CallOptions,
): Promise<{ proof: Bytes; publicInputs: PublicInputs }> {
  const job = await requestProof(transport, statement, witness, options);
  try {
    await followJob(transport, job, options);
    return await fetchProof(transport, job, statement, options);
  } catch (error) {
    if (options.signal?.aborted) {
      // The page may be going away. If this fails, the job ends by itself.
      transport.send(`/v1/proofs/${job.id}`, { method: 'DELETE', bearer: job.token }).catch(() => {});
      throw error instanceof AbortError ? error : new AbortError({ cause: error });
    }
    throw error;
  }
}

async function requestProof(
  transport: Transport,
  statement: ProofStatement,
  witness: OwnershipWitness,
  { signal, onProgress }: CallOptions,
): Promise<Job> {
  for (let attempt = 1; ; attempt++) {
    onProgress?.({ stage: 'sealing', place: 'device' });
    const { keys } = await transport.json<Schemas['ProverKeys']>('/v1/prover-keys', { signal });
    const [key] = keys;
    if (!key) throw new ProofFailedError('no-prover', 'no prover is there at the moment');
    // The id names the key to the API; a wrong one would send the envelope to nobody.
    const id = proverKeyId(fromHex(key.public_key, 32));
    if (id !== key.prover_key_id) throw new PinMismatchError("the name of the prover's key", id, key.prover_key_id);
    const envelope = await sealWitness(key.public_key, statement, witness);
    const body = { ...statement, sealed_witness: { prover_key_id: id, envelope: toBase64(envelope) } };
    try {
      const view = await transport.post<Schemas['ProofView']>('/v1/proofs', body, { signal });
      if (!view.job_token) throw new ConnectionError('the API gave no token for the job');
      const { estimated_wait_seconds: wait } = view;
      const detail = wait && wait >= 1 ? { detail: `about ${Math.ceil(wait)} s until a prover begins` } : {};
      onProgress?.({ stage: 'queued', place: 'prover', ...detail });
      return { id: view.id, token: view.job_token };
    } catch (error) {
      // A prover that retired its key between the two requests.
      if (!(error instanceof ApiError && error.code === 'unknown-prover-key' && attempt < 3)) throw error;
    }
  }
}

/** Waits for a job's end: by its events, and where those do not come through, by looking. */
async function followJob(transport: Transport, job: Job, options: CallOptions): Promise<void> {
  let ended: Ended;
  for (let stream = 0; stream < STREAMS && !ended; stream++) {
    try {
      ended = await readEvents(transport, job, options);
    } catch (error) {
      if (options.signal?.aborted || error instanceof ApiError) throw error;
      // Broken off, or a proxy that holds events back.
    }
  }
  while (!ended) {
    await delay(POLL, options.signal);
    const path = `/v1/proofs/${job.id}`;
    const view = await transport.json<Schemas['ProofView']>(path, { bearer: job.token, signal: options.signal });
    if (view.status === 'done') ended = { failure: null };
    else if (view.status === 'failed') ended = { failure: view.failure ?? null };
    else if (view.status === 'proving') options.onProgress?.({ stage: 'proving', place: 'prover' });
  }
  const { failure } = ended;
  if (failure?.code === 'not_a_member') throw new NotAMemberError();
  if (failure) throw new ProofFailedError(failure.code.replaceAll('_', '-'), failure.detail);
}

async function readEvents(transport: Transport, job: Job, { signal, onProgress }: CallOptions): Promise<Ended> {
  const response = await transport.send(`/v1/proofs/${job.id}/events`, {
    bearer: job.token,
    headers: { accept: 'text/event-stream' },
    isStream: true,
    signal,
  });
  const events: EventSourceMessage[] = [];
  const parser = createParser({ onEvent: (event) => void events.push(event) });
  const decoder = new TextDecoder();
  // The stall is seen here: the parser would swallow the comments.
  for await (const chunk of chunks(response, STALLED, signal)) {
    parser.feed(decoder.decode(chunk, { stream: true }));
    for (const { event, data } of events.splice(0)) {
      if (event !== 'stage') continue;
      const { stage, failure } = JSON.parse(data) as Schemas['StageView'];
      if (stage === 'done') return { failure: null };
      if (stage === 'failed') return { failure: failure ?? { code: 'failed', detail: 'the prover gives no reason' } };
      if (STAGES.has(stage)) onProgress?.({ stage: stage as Stage, place: 'prover' });
    }
  }
  return undefined;
}

const STAGES: ReadonlySet<string> = new Set(['queued', 'leased', 'path', 'witness', 'proving', 'verifying']);

/** Fetches the proof, which can be done once, and compares what it proves with what was asked for. */
async function fetchProof(
  transport: Transport,
  job: Job,
  statement: ProofStatement,
  { signal }: CallOptions,
): Promise<{ proof: Bytes; publicInputs: PublicInputs }> {
  const path = `/v1/proofs/${job.id}/result`;
  const view = await transport.json<Schemas['ProofView']>(path, { method: 'POST', bearer: job.token, signal });
  if (!view.proof || !view.public_inputs) throw new ConnectionError('the API answered without the proof');
  const publicInputs = view.public_inputs;
  // Canonical, or this throws.
  publicInputBytes(publicInputs);
  const { merkle_root: _, ...proved } = publicInputs;
  if (!equalBytes(statementBytes(proved), statementBytes(statement))) {
    throw new ProofFailedError('other-statement', 'the prover proved something else than what was asked for');
  }
  return { proof: fromBase64(view.proof, PROOF_BYTES), publicInputs };
}
