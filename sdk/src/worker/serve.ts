/** Answers calls with one engine. */

import { CryptoError, VeilpassError } from '../errors.js';
import { ProvingEngine } from './engine.js';
import type { CallName, Calls, Note } from './messages.js';

export class EngineServer {
  #engine: Promise<ProvingEngine> | undefined;

  async call<N extends CallName>(
    name: N,
    args: Calls[N]['args'],
    onNote: (note: Note) => void,
  ): Promise<Calls[N]['result']> {
    const handlers: { [M in CallName]: (args: Calls[M]['args']) => Promise<Calls[M]['result']> } = {
      load: async (parts) => {
        this.#engine = countingFetches(onNote, () => ProvingEngine.load(parts));
        await this.#engine;
        return undefined;
      },
      setLeaves: async ({ leaves }) => (await this.#living()).setLeaves(leaves),
      changeLeaves: async ({ changes, leafCount }) => (await this.#living()).changeLeaves(changes, leafCount),
      prove: async (task) => (await this.#living()).prove(task, (stage) => onNote({ stage })),
      verify: async ({ proof, publicInputs }) => (await this.#living()).verify(proof, publicInputs),
    };
    return handlers[name](args);
  }

  async destroy(): Promise<void> {
    await (await this.#engine?.catch(() => undefined))?.destroy();
    this.#engine = undefined;
  }

  #living(): Promise<ProvingEngine> {
    if (!this.#engine) throw new CryptoError('not-loaded', 'the prover is not loaded');
    return this.#engine;
  }
}

/** An error as it may leave the worker: what was not thrown on purpose could name values of the witness. */
export function publicError(error: unknown): { code: string; message: string; advice: string } {
  if (error instanceof VeilpassError) return { code: error.code, message: error.message, advice: error.advice };
  return {
    code: 'prover-failed',
    message: 'the prover failed on this device',
    advice: 'Try again, or let a prover do it.',
  };
}

/**
 * Tells how many bytes were fetched while `work` runs. The libraries fetch their wasm by themselves, and tell nobody.
 */
async function countingFetches<T>(onNote: (note: Note) => void, work: () => Promise<T>): Promise<T> {
  const plain = globalThis.fetch;
  let bytes = 0;
  globalThis.fetch = async (input, init) => {
    const response = await plain(input, init);
    if (!response.ok || !response.body) return response;
    const count = new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        bytes += chunk.length;
        onNote({ stage: 'loading', bytes });
        controller.enqueue(chunk);
      },
    });
    const { status, headers } = response;
    return new Response(response.body.pipeThrough(count), { status, headers });
  };
  try {
    return await work();
  } finally {
    globalThis.fetch = plain;
  }
}
