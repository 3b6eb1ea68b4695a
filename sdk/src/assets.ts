/** What proving needs beside the leaves: the SDK's own files, and the reference string. All of it is held to pins. */

import { sha256 } from '@noble/hashes/sha2.js';
import { base64 } from '@scure/base';
import { AbortError, ConnectionError, PinMismatchError } from './errors.js';
import type { PublicCache } from './leaves/cache.js';
import { PINS } from './pins.js';
import { type Bytes, hex } from './protocol/bytes.js';
import type { Transport } from './transport.js';
import type { EngineParts } from './worker/engine.js';

/** Set by the Vite plugin. */
declare const __VEILPASS_ASSETS__: string | undefined;

/** Bytes of the two wasm files together, for a bar that shows how far they are; the files may differ by a little. */
export const WASM_BYTES = 13_600_000;
const REFERENCE_STRING = `reference-string/${PINS.referenceStringSha256}`;

/** The folder of the assets: what was given, what the plugin says, or beside the package's `dist`. */
export function assetsUrl(given: string | URL | undefined): URL {
  const bundled = typeof __VEILPASS_ASSETS__ === 'string' ? __VEILPASS_ASSETS__ : undefined;
  // Not in one expression: bundlers would take the folder for an asset of its own.
  const here = import.meta.url;
  const folder = given ?? bundled;
  const base = typeof location === 'object' ? location.href : here;
  const url = folder === undefined ? new URL('../assets/', here) : new URL(folder, base);
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url;
}

/** Circuit and key, compared with the pins: they are the SDK's own and not the service's word. */
export async function loadCircuit(
  folder: URL,
  signal: AbortSignal | undefined,
): Promise<Pick<EngineParts, 'bytecode' | 'verificationKey' | 'wasm'>> {
  const [artifact, verificationKey] = await Promise.all([
    readAsset(new URL('circuit.json', folder), signal),
    readAsset(new URL('vk', folder), signal),
  ]);
  let bytecode: Bytes;
  try {
    bytecode = new Uint8Array(base64.decode(JSON.parse(new TextDecoder().decode(artifact)).bytecode));
  } catch (error) {
    throw new ConnectionError(`${folder.pathname}circuit.json is no circuit: are the SDK's assets served there?`, {
      cause: error,
    });
  }
  comparePin('the circuit', PINS.bytecodeSha256, bytecode);
  comparePin('the verification key', PINS.verificationKeySha256, verificationKey);
  // In Node the libraries have wasm files of their own.
  if (folder.protocol === 'file:') return { bytecode, verificationKey };
  const wasm = { barretenberg: new URL('barretenberg.wasm', folder).href, acvm: new URL('acvm.wasm', folder).href };
  return { bytecode, verificationKey, wasm };
}

/** The reference string, from the cache or from the API, compared with its pin. */
export async function loadReferenceString(
  transport: Transport,
  cache: PublicCache,
  signal: AbortSignal | undefined,
): Promise<Bytes> {
  const kept = await cache.read(REFERENCE_STRING);
  if (kept && hex(sha256(kept)) === PINS.referenceStringSha256) return kept;
  const headers = { accept: 'application/octet-stream' };
  const download = async (mode: RequestCache) => {
    const response = await transport.send('/v1/reference-string', { headers, cache: mode, signal });
    return new Uint8Array(await response.arrayBuffer());
  };
  let bytes = await download('default');
  // Its address is the same for every circuit, and caches keep it for a year: another one may be there.
  if (hex(sha256(bytes)) !== PINS.referenceStringSha256) bytes = await download('reload');
  comparePin('the reference string', PINS.referenceStringSha256, bytes);
  await cache.write(REFERENCE_STRING, bytes);
  return bytes;
}

function comparePin(what: string, expected: string, bytes: Uint8Array): void {
  const found = hex(sha256(bytes));
  if (found !== expected) throw new PinMismatchError(what, `SHA-256 ${expected}`, found);
}

async function readAsset(url: URL, signal: AbortSignal | undefined): Promise<Bytes> {
  if (url.protocol === 'file:') {
    // `fetch` reads no files; and an import of node:fs would end up in bundles for browsers.
    const { readFileSync } = process.getBuiltinModule('node:fs');
    return new Uint8Array(readFileSync(url));
  }
  try {
    const response = await fetch(url, { credentials: 'omit', referrerPolicy: 'no-referrer', signal: signal ?? null });
    if (!response.ok) throw new ConnectionError(`${url.pathname} answered ${response.status}`);
    return new Uint8Array(await response.arrayBuffer());
  } catch (error) {
    if (signal?.aborted) throw new AbortError({ cause: error });
    throw error instanceof ConnectionError
      ? error
      : new ConnectionError(`${url.pathname} cannot be loaded`, { cause: error });
  }
}

/** The little of Node that is used, so that the SDK needs no types of it. */
declare const process: {
  getBuiltinModule(name: 'node:fs'): { readFileSync(url: URL): Uint8Array };
};
