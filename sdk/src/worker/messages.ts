/** What a page and its worker say to each other. */

import type { Bytes } from '../protocol/bytes.js';
import type { EngineParts, ProofTask } from './engine.js';

/** What a worker can be asked for, with what it answers. */
export interface Calls {
  load: { args: EngineParts; result: undefined };
  setLeaves: { args: { leaves: Bytes }; result: Bytes };
  changeLeaves: { args: { changes: readonly { place: number; leaf: Bytes }[]; leafCount: number }; result: Bytes };
  prove: { args: ProofTask; result: Bytes };
  verify: { args: { proof: Uint8Array; publicInputs: ProofTask['publicInputs'] }; result: boolean };
}

export type CallName = keyof Calls;

/** What is told on the way. */
export interface Note {
  readonly stage: 'loading' | 'witness' | 'proving' | 'checking';
  /** Of `loading`: bytes of wasm so far, uncompressed. */
  readonly bytes?: number;
}

export interface Request {
  readonly id: number;
  readonly call: CallName;
  readonly args: unknown;
}

export type Reply =
  | { readonly id: number; readonly note: Note }
  | { readonly id: number; readonly result: unknown }
  | {
      readonly id: number;
      readonly error: { readonly code: string; readonly message: string; readonly advice: string };
    };
