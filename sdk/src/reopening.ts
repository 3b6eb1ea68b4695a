/** Sessions that were kept, opened again. */

import { ApiError } from './errors.js';
import type { KeptSession, SessionPlace } from './kept-session.js';
import { reopenKept, type Session } from './session.js';
import { settlement } from './settlement.js';
import type { Transport } from './transport.js';
import type { CallOptions } from './types.js';

/** Makes the session of what was kept, and gets it a grant; waits for the chain if that has not decided yet. */
export async function reopen(
  transport: Transport,
  kept: KeptSession,
  place: SessionPlace,
  options: CallOptions,
): Promise<Session> {
  const session = reopenKept(transport, kept, place);
  try {
    await session.grant(options);
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 'not-verified-yet') throw error;
    await settlement(transport, kept.verificationId, options);
    await session.grant(options);
  }
  return session;
}
