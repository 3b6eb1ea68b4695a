/** Verifications: a proof is accepted, and settled. */

import { delay, withGrace } from './abort.js';
import { AbortError, MaybeAcceptedError, SettlementRefusedError } from './errors.js';
import type { components } from './generated/api.js';
import { PROGRAM_ERRORS } from './generated/program.js';
import { toBase64 } from './protocol/bytes.js';
import { attachVerification } from './session.js';
import type { Transport } from './transport.js';
import type { OwnershipProof, ProgressEvent, SettlementOptions, Stage, Verification, VerifyOptions } from './types.js';

type View = components['schemas']['VerificationView'];

/** Milliseconds between looks. */
const POLL = 500;
/** Milliseconds that the API has to say whether it accepted a proof, when the caller wants to stop. */
const GRACE = 5_000;

/**
 * Has a proof accepted and its nullifier spent. What was sent cannot be taken back: if the caller stops meanwhile, the
 * answer is waited for.
 * @throws MaybeAcceptedError
 */
export async function verify(
  transport: Transport,
  { proof, publicInputs, context }: OwnershipProof,
  { settle = 'offchain', session, signal, onProgress }: VerifyOptions,
): Promise<Verification> {
  onProgress?.({ stage: 'submitting', place: 'api' });
  const body = { proof: toBase64(proof), public_inputs: publicInputs, context, settle };
  const { grant, ...verification } = await withGrace(signal, GRACE, (late) =>
    transport.post<View>('/v1/verifications', body, { signal: late }).catch((error: unknown) => {
      throw error instanceof AbortError ? new MaybeAcceptedError({ cause: error }) : error;
    }),
  );
  if (session) attachVerification(session, verification.id, grant, publicInputs);
  onProgress?.(eventOf(verification));
  return verification;
}

/** How far a verification is. */
export async function verification(transport: Transport, id: string, signal?: AbortSignal): Promise<Verification> {
  const { grant: _, ...view } = await transport.json<View>(`/v1/verifications/${encodeURIComponent(id)}`, { signal });
  return view;
}

/**
 * Waits until a verification is settled: what is settled offchain is at once.
 * @throws SettlementRefusedError
 */
export async function settlement(
  transport: Transport,
  id: string,
  { until = 'verified', signal, onProgress }: SettlementOptions,
): Promise<Verification> {
  let told = '';
  for (;;) {
    const view = await verification(transport, id, signal);
    const now = `${view.status} ${view.transaction?.signature ?? ''} ${view.delayed_by ?? ''}`;
    if (now !== told) onProgress?.(eventOf(view));
    told = now;
    if (view.status === 'refused') throw refused(view);
    const isEnd = view.status === 'final' || (until === 'verified' && view.status === 'verified');
    if (isEnd || (view.settle === 'offchain' && view.status === 'accepted')) return view;
    await delay(POLL, signal);
  }
}

function eventOf(view: Verification): ProgressEvent {
  const place = view.status === 'accepted' ? 'api' : 'chain';
  const detail = view.delayed_by ?? view.transaction?.signature;
  return { stage: view.status as Stage, place, ...(detail ? { detail } : {}) };
}

function refused({ refusal }: Verification): SettlementRefusedError {
  const detail = refusal?.detail ?? 'no reason given';
  const code = refusal?.code;
  if (code === null || code === undefined) return new SettlementRefusedError(detail);
  const known = (PROGRAM_ERRORS as Readonly<Record<number, { name: string }>>)[code];
  return new SettlementRefusedError(detail, { code, name: known?.name ?? 'unknown' });
}
