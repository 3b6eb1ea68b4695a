/** Epochs: the periods in which an identity can be used once for each track. */

import type { Info, Registry } from '../types.js';

type Periods = Pick<Registry, 'epoch_length_seconds' | 'epoch_grace_seconds'>;

/** The first second from which `epoch` is not accepted any more. */
function epochAcceptedUntil(registry: Periods, epoch: number): number {
  return (epoch + 1) * registry.epoch_length_seconds + registry.epoch_grace_seconds;
}

/**
 * For how long a session lives by default: as long as the API allows, less an hour of each day for clocks that are ahead
 * of its own.
 */
export function sessionSeconds({ max_session_seconds }: Pick<Info, 'max_session_seconds'>): number {
  return Math.max(1, Math.floor((max_session_seconds * 23) / 24));
}

/** When a session ends whose proof is made now: never beyond the epoch and its grace. In seconds since 1970. */
export function sessionEnd(registry: Periods & Pick<Registry, 'epoch'>, now: number, seconds: number): number {
  return Math.min(now + Math.floor(seconds), epochAcceptedUntil(registry, registry.epoch));
}
