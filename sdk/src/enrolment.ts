/** Enrolment of a token by the wallet that owns it. */

import { base58 } from '@scure/base';
import { delay, untilAborted } from './abort.js';
import { EnrolmentRevokedError, VeilpassError } from './errors.js';
import type { components } from './generated/api.js';
import { utf8 } from './protocol/bytes.js';
import { addressBytes } from './protocol/identifiers.js';
import { checkEnrolmentText } from './protocol/siws.js';
import type { Transport } from './transport.js';
import type { CallOptions, Enrolment, EnrolOptions, FieldHex, ProgressEvent } from './types.js';
import { walletFailure } from './wallets/standard.js';
import { signChecked } from './wallets/verify.js';

/** Milliseconds between looks. */
const POLL = 1000;

export interface EnrolmentPlace {
  readonly registryId: FieldHex;
  readonly audience: string;
  readonly cluster: string;
  readonly programId: string;
}

/** Asks for the text, checks it, has it signed, enrols, and waits until the enrolment counts. */
export async function enrol(transport: Transport, place: EnrolmentPlace, options: EnrolOptions): Promise<Enrolment> {
  const { identity, wallet, trackId, mint, signal, onProgress } = options;
  // Before anything is sent: the API's words for it would be harder to understand.
  addressBytes(mint, 'the mint');
  addressBytes(wallet.address, "the wallet's address");
  onProgress?.({ stage: 'challenge', place: 'api' });
  const { commitment } = identity;
  const { message } = await transport.json<components['schemas']['ChallengeView']>('/v1/challenges', {
    method: 'POST',
    body: {
      registry_id: place.registryId,
      track_id: trackId,
      mint,
      wallet: wallet.address,
      commitment,
      audience: place.audience,
    },
    repeatable: true,
    signal,
  });
  checkEnrolmentText(message, { ...place, wallet: wallet.address, mint, trackId, commitment });
  onProgress?.({ stage: 'wallet', place: 'wallet' });
  const signature = await untilAborted(
    signChecked(wallet, utf8(message)).catch((error: unknown) => {
      throw error instanceof VeilpassError ? error : walletFailure(error);
    }),
    signal,
  );
  onProgress?.({ stage: 'enrolling', place: 'api' });
  const body = { message, signature: base58.encode(signature) };
  const enrolment = await transport.post<Enrolment>('/v1/enrollments', body, { signal });
  return waitForEnrolment(transport, enrolment, options);
}

async function waitForEnrolment(transport: Transport, first: Enrolment, options: CallOptions): Promise<Enrolment> {
  const { signal, onProgress } = options;
  let enrolment = first;
  let told = '';
  for (;;) {
    const { status } = enrolment;
    if (status !== told) {
      told = status;
      const event = EVENTS[status];
      if (event) onProgress?.(event);
    }
    if (status === 'active') return enrolment;
    if (status === 'revoked') throw new EnrolmentRevokedError(enrolment.reason ?? 'no reason given');
    await delay(POLL, signal);
    enrolment = await transport.json<Enrolment>(`/v1/enrollments/${first.id}`, { signal });
  }
}

const EVENTS: Readonly<Record<string, ProgressEvent>> = {
  pending_root: { stage: 'pending-root', place: 'api' },
  pending_chain: { stage: 'pending-chain', place: 'chain' },
  active: { stage: 'enrolled', place: 'api' },
};
