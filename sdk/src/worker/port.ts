/** The engine as a page sees it: in a worker, or, where there are none (Node), in the same thread. */

import { abortable } from '../abort.js';
import { CryptoError } from '../errors.js';
import type { CallName, Calls, Note, Reply, Request } from './messages.js';

export interface EnginePort {
  /** An abort ends the call at once. A worker is ended with it: wasm does not listen while it works. */
  call<N extends CallName>(
    name: N,
    args: Calls[N]['args'],
    options?: {
      signal?: AbortSignal | undefined;
      onNote?: ((note: Note) => void) | undefined;
      transfer?: Transferable[];
    },
  ): Promise<Calls[N]['result']>;
  readonly isClosed: boolean;
  close(): void;
}

/** Starts one. */
export async function openEngine(): Promise<EnginePort> {
  if (typeof Worker === 'function') return new WorkerPort();
  const { EngineServer } = await import('./serve.js');
  const server = new EngineServer();
  let isClosed = false;
  return {
    call: (name, args, options) =>
      abortable(options?.signal, (resolve, reject) => {
        server.call(name, args, options?.onNote ?? (() => {})).then(resolve, reject);
        return () => {};
      }),
    get isClosed() {
      return isClosed;
    },
    close() {
      isClosed = true;
      void server.destroy();
    },
  };
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: unknown): void;
  onNote: ((note: Note) => void) | undefined;
}

class WorkerPort implements EnginePort {
  // In this form bundlers see that there is a worker to be bundled.
  readonly #worker = new Worker(new URL('./prover.worker.js', import.meta.url), { type: 'module', name: 'veilpass' });
  readonly #waiting = new Map<number, Waiting>();
  #next = 0;
  #isClosed = false;

  constructor() {
    this.#worker.addEventListener('message', ({ data }: MessageEvent<Reply>) => this.#onReply(data));
    const onError = () =>
      this.#fail(new CryptoError('worker', 'the prover did not start, or broke down', WORKER_ADVICE));
    this.#worker.addEventListener('error', onError);
    this.#worker.addEventListener('messageerror', onError);
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  call: EnginePort['call'] = (name, args, options = {}) =>
    abortable(options.signal, (resolve, reject) => {
      if (this.#isClosed) {
        reject(new CryptoError('closed', 'the prover was closed'));
        return () => {};
      }
      const id = this.#next++;
      this.#waiting.set(id, { resolve: resolve as (value: unknown) => void, reject, onNote: options.onNote });
      const request: Request = { id, call: name, args };
      this.#worker.postMessage(request, options.transfer ?? []);
      return () => this.close();
    });

  close(): void {
    this.#fail(new CryptoError('closed', 'the prover was closed'));
  }

  #onReply(reply: Reply): void {
    const waiting = this.#waiting.get(reply.id);
    if ('note' in reply) {
      waiting?.onNote?.(reply.note);
      return;
    }
    this.#waiting.delete(reply.id);
    if ('error' in reply) {
      const { code, message, advice } = reply.error;
      waiting?.reject(new CryptoError(code, message, advice));
    } else waiting?.resolve(reply.result);
  }

  #fail(error: CryptoError): void {
    this.#isClosed = true;
    this.#worker.terminate();
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

const WORKER_ADVICE =
  "Reload the page. The worker's response needs 'wasm-unsafe-eval' in its script-src, and the page worker-src.";
