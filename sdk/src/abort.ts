/** Waiting that can be ended. */

import { AbortError } from './errors.js';

/** Throws if the signal fired. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new AbortError({ cause: signal.reason });
}

/** Waits; ends with an `AbortError` when the signal fires. */
export function delay(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return abortable(signal, (resolve) => {
    const timer = setTimeout(resolve, ms);
    return () => clearTimeout(timer);
  });
}

/** A promise that a signal ends. `start` returns how to stop what it began; that is called on an abort only. */
export function abortable<T>(
  signal: AbortSignal | undefined,
  start: (resolve: (value: T) => void, reject: (error: unknown) => void) => () => void,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    if (signal?.aborted) {
      reject(new AbortError({ cause: signal.reason }));
      return;
    }
    let stop = () => {};
    const onAbort = () => {
      stop();
      reject(new AbortError({ cause: signal?.reason }));
    };
    const done =
      <V>(settle: (value: V) => void) =>
      (value: V) => {
        signal?.removeEventListener('abort', onAbort);
        settle(value);
      };
    signal?.addEventListener('abort', onAbort, { once: true });
    stop = start(done(resolve), done(reject));
  });
}

/** The promise's result, or an `AbortError` as soon as the signal fires. What the promise does goes on. */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  // If the signal fired before, nobody else hears of a failure, and the platform would report it.
  promise.catch(() => {});
  return abortable<T>(signal, (resolve, reject) => {
    promise.then(resolve, reject);
    return () => {};
  });
}

/** Gives work a signal that fires `ms` after the caller's: for what is better finished than broken off. */
export async function withGrace<T>(
  signal: AbortSignal | undefined,
  ms: number,
  work: (late: AbortSignal) => Promise<T>,
): Promise<T> {
  throwIfAborted(signal);
  const late = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const onAbort = () => {
    timer = setTimeout(() => late.abort(signal?.reason), ms);
  };
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    return await work(late.signal);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  }
}
