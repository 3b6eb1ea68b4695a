/** Epochs: the periods in which an identity can be used once for each track. */

import type { Registry } from '../types.js';

type Periods = Pick<Registry, 'epoch_length_seconds' | 'epoch_grace_seconds'>;

/** The epoch at a time, in seconds since 1970. */
export function epochAt(registry: Periods, unixSeconds: number): number {
  return Math.floor(unixSeconds / registry.epoch_length_seconds);
}

/** The first second from which `epoch` is not accepted any more. */
export function epochAcceptedUntil(registry: Periods, epoch: number): number {
  return (epoch + 1) * registry.epoch_length_seconds + registry.epoch_grace_seconds;
}
