import type { KeptSession, Method, Verification } from '@veilpass/sdk';
import { read, remove, removeAll, write } from './database.ts';

const PREFIX = 'session:';

/** What is kept of a track that was unlocked. */
export interface KeptAccess {
  /** With its key, which cannot be exported. Grants are not kept. */
  readonly session: KeptSession;
  readonly verification: Verification;
  /** Where it was proved. */
  readonly method: Method;
}

/** @returns whether this browser can: some store no key objects, or nothing at all in a private window */
export async function keepAccess(kept: KeptAccess): Promise<boolean> {
  try {
    await write(PREFIX + kept.session.trackId, kept);
    return true;
  } catch {
    return false;
  }
}

/** What was kept for a track of this registry; null if there is nothing. What has run out is removed. */
export async function keptAccess(registryId: string, trackId: string): Promise<KeptAccess | null> {
  const kept = await read<KeptAccess>(PREFIX + trackId).catch(() => undefined);
  if (!kept) return null;
  const { registryId: from, context, clockOffset } = kept.session;
  if (from === registryId && context.expires_at > Date.now() / 1000 + clockOffset) return kept;
  await dropAccess(trackId);
  return null;
}

export async function dropAccess(trackId: string): Promise<void> {
  await remove(PREFIX + trackId).catch(() => {});
}

/** Of all tracks, also those that the catalogue does not have any more. */
export async function forgetAccesses(): Promise<void> {
  await removeAll(PREFIX);
}
