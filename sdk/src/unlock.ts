/** The whole way: a session, a proof, its settlement, a grant. */

import { NotAMemberError } from './errors.js';
import type { OwnershipProof, ProveOptions, Unlocked, UnlockOptions } from './types.js';
import type { Veilpass } from './veilpass.js';

/** What `Veilpass.unlock` does. */
export async function unlock(veilpass: Veilpass, options: UnlockOptions): Promise<Unlocked> {
  const { settle = 'offchain', signal, onProgress } = options;
  const session = await veilpass.createSession(options);
  try {
    const proof = await proveOrEnrol(veilpass, { ...options, session });
    let verification = await veilpass.verify(proof, { settle, session, signal, onProgress });
    await options.onAccepted?.(session, verification);
    if (settle === 'onchain') verification = await veilpass.settlement(verification.id, { signal, onProgress });
    await session.grant({ signal });
    onProgress?.({ stage: 'granted', place: 'api' });
    return { session, verification, proof };
  } catch (error) {
    // Nobody has this session; one that was kept can be reopened.
    void session.close();
    throw error;
  }
}

async function proveOrEnrol(veilpass: Veilpass, options: UnlockOptions & ProveOptions): Promise<OwnershipProof> {
  const { wallet } = options;
  try {
    return await veilpass.prove(options);
  } catch (error) {
    if (!(error instanceof NotAMemberError) || !wallet) throw error;
  }
  await veilpass.enrol({ ...options, wallet });
  return veilpass.prove(options);
}
