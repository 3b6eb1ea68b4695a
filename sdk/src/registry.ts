/** What the API says of a registry. */

import { NotAMemberError, PinMismatchError } from './errors.js';
import { fieldFromHex } from './protocol/field.js';
import type { Transport } from './transport.js';
import type { FieldHex, Registry, TrackAssets } from './types.js';

export async function readRegistry(
  transport: Transport,
  id: FieldHex,
  signal: AbortSignal | undefined,
): Promise<Registry> {
  const registry = await transport.json<Registry>(`/v1/registries/${id}`, { signal });
  if (registry.registry_id !== id) throw new PinMismatchError('the registry', id, registry.registry_id);
  return registry;
}

/** The newest root that counts; without one nobody is a member. */
export function newestRoot({ newest_root }: Registry): FieldHex {
  if (!newest_root) throw new NotAMemberError();
  fieldFromHex(newest_root.root, 'the root');
  return newest_root.root;
}

/** The ids of all tokens that unlock a track, page by page. */
export async function readAssets(
  transport: Transport,
  trackPath: string,
  signal: AbortSignal | undefined,
): Promise<readonly FieldHex[]> {
  const ids: FieldHex[] = [];
  let after: string | null | undefined;
  do {
    const query = after ? `?after=${encodeURIComponent(after)}` : '';
    const page: TrackAssets = await transport.json(`${trackPath}/assets${query}`, { signal });
    ids.push(...page.token_ids);
    // A cursor that does not move would be asked for without end.
    after = page.next === after ? null : page.next;
  } while (after);
  return ids;
}
