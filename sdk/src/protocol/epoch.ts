/** Epochs: the periods in which an identity can be used once for each track. */

import type { Registry } from '../types.js';

/**
 * By default a session ends after this. The API allows a day unless its operator says otherwise; the hour less is for
 * clocks that are ahead of its own.
 */
const SESSION_SECONDS = 23 * 3600;

type Periods = Pick<Registry, 'epoch_length_seconds' | 'epoch_grace_seconds'>;

/** The epoch at a time, in seconds since 1970. */
export function epochAt(registry: Periods, unixSeconds: number): number {
  return Math.floor(unixSeconds / registry.epoch_length_seconds);
}

/** The first second from which `epoch` is not accepted any more. */
export function epochAcceptedUntil(registry: Periods, epoch: number): number {
  return (epoch + 1) * registry.epoch_length_seconds + registry.epoch_grace_seconds;
}

/** When a session ends whose proof is made now: never beyond the epoch and its grace. In seconds since 1970. */
export function sessionEnd(
  registry: Periods & Pick<Registry, 'epoch'>,
  now: number,
  seconds = SESSION_SECONDS,
): number {
  return Math.min(now + Math.floor(seconds), epochAcceptedUntil(registry, registry.epoch));
}
