import type { Method, Session, Veilpass, Verification } from '@veilpass/sdk';
import { dropAccess, type KeptAccess, keepAccess, keptAccess } from '../vault/sessions.ts';

/** The session of one track, as this device keeps it. */
export class Keepsake {
  #kept: KeptAccess | null = null;

  constructor(
    readonly registryId: string,
    readonly trackId: string,
  ) {}

  get kept(): KeptAccess | null {
    return this.#kept;
  }

  /** Looks for one. Nobody is asked: that would tell the service which tracks are of one browser. */
  async recall(): Promise<KeptAccess | null> {
    this.#kept = await keptAccess(this.registryId, this.trackId);
    return this.#kept;
  }

  /** Once a proof is accepted the identity counts as used: what is not kept is lost with the page. */
  async keep(session: Session, verification: Verification, method: Method): Promise<void> {
    if (!session.isKeepable) return;
    const kept = { session: session.keep(), verification, method };
    if (await keepAccess(kept)) this.#kept = kept;
  }

  async drop(): Promise<void> {
    this.#kept = null;
    await dropAccess(this.trackId);
  }

  /** Opens it: no proof, no wallet. */
  async reopen(
    { session, verification }: KeptAccess,
    veilpass: Veilpass,
    signal: AbortSignal,
  ): Promise<{ session: Session; verification: Verification }> {
    const reopened = await veilpass.reopenSession(session, { signal });
    // It may have been kept before the chain had it.
    const isPending = verification.settle === 'onchain' && !verification.transaction;
    const settled = isPending ? await veilpass.verification(verification.id, { signal }) : verification;
    return { session: reopened, verification: settled };
  }
}
