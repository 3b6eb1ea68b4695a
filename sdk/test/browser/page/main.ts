// What a frontend does, and what it takes. The driver (run.mjs) calls `veilpassTest`, and reads what it returns.
import { ed25519 } from '@noble/curves/ed25519.js';
import { base58 } from '@scure/base';
import { Identity, type MessageSigner, type Method, type ProgressEvent, type Settle, Veilpass } from '@veilpass/sdk';

interface Config {
  api: string;
  registry_id: string;
  audience: string;
  cluster: 'localnet';
  program_id: string;
  rpc: string;
  tracks: { track_id: string; slug: string; media: string }[];
}

const log = (text: string) => {
  (document.getElementById('log') as HTMLElement).textContent += `${text}\n`;
};

function newWallet(): MessageSigner {
  const key = ed25519.utils.randomSecretKey();
  const address = base58.encode(ed25519.getPublicKey(key));
  return { address, signMessage: async (message) => ed25519.sign(message, key) };
}

/** Connects, and gets a fresh wallet a token of a track. */
async function withToken(number: number, threads?: number) {
  const config: Config = await (await fetch('/config.json')).json();
  const track = config.tracks[number];
  if (!track) throw new Error('no track');
  const trackId = track.track_id;
  const veilpass = await Veilpass.connect({
    api: config.api,
    registryId: config.registry_id,
    audience: location.origin,
    cluster: config.cluster,
    programId: config.program_id,
    rpc: config.rpc,
    threads,
  });
  const wallet = newWallet();
  const give = await fetch('/demo/tokens', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ wallet: wallet.address, track_id: trackId }),
  });
  const { mint } = (await give.json()) as { mint: string };
  return { veilpass, wallet, track, trackId, mint };
}

/** Connects, enrols a fresh token, proves `proofs` times, has the last proof accepted, and hears the track. */
async function veilpassTest(threads: number, method: Method, settle: Settle, proofs: number) {
  const { veilpass, wallet, track, trackId, mint } = await withToken(0, threads);
  const identity = Identity.create();
  const events: ProgressEvent[] = [];
  const onProgress = (event: ProgressEvent) => {
    events.push(event);
    log(`${event.place} ${event.stage} ${event.fraction ?? ''}`);
  };
  await veilpass.enrol({ identity, wallet, trackId, mint, onProgress });
  const session = await veilpass.createSession();
  const milliseconds: number[] = [];
  const made: number[] = [];
  let began = 0;
  const onProof = (event: ProgressEvent) => {
    onProgress(event);
    if (event.stage === 'witness') began = performance.now();
    if (event.stage === 'proved') made.push(Math.round(performance.now() - began));
  };
  const claim = { identity, trackId, mint, session, method, onProgress: onProof };
  // The first of them loads everything: on a fresh profile nothing is in a cache.
  let proof = await timed(milliseconds, () => veilpass.prove(claim));
  for (let i = 1; i < proofs; i++) {
    proof = await timed(milliseconds, () => veilpass.prove(claim));
  }
  const memory = await wasmMemory();
  let verification = await veilpass.verify(proof, { settle, session, onProgress });
  if (settle === 'onchain') verification = await veilpass.settlement(verification.id, { onProgress });
  const audio = await session.fetch(track.media);
  const active = (await session.introspect()).active;
  const again = await veilpass
    .prove({ identity, trackId, mint, session, method })
    .then((second) => veilpass.verify(second))
    .catch((error: { code: string }) => error.code);
  await session.close();
  veilpass.close();
  return {
    isolated: crossOriginIsolated,
    milliseconds,
    made,
    memory,
    bytes: proof.proof.length,
    status: verification.status,
    transaction: verification.transaction?.signature ?? null,
    audio: {
      status: audio.status,
      type: audio.headers.get('content-type'),
      bytes: (await audio.arrayBuffer()).byteLength,
    },
    active,
    again,
    stages: [...new Set(events.map(({ place, stage }) => `${place}:${stage}`))],
  };
}

/** One claim, proved on the device and by a prover: the same public inputs under two proofs, for the program on chain. */
async function sameClaim() {
  const { veilpass, wallet, trackId, mint } = await withToken(1);
  const identity = Identity.create();
  await veilpass.enrol({ identity, wallet, trackId, mint });
  const session = await veilpass.createSession();
  const claim = { identity, trackId, mint, session };
  const device = await veilpass.prove({ ...claim, method: 'device' });
  const delegated = await veilpass.prove({ ...claim, method: 'delegated' });
  await session.close();
  veilpass.close();
  const hex = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return [device, delegated].map(({ publicInputs, proof }) => ({ publicInputs, proof: hex(proof) }));
}

async function timed<T>(into: number[], work: () => Promise<T>): Promise<T> {
  const start = performance.now();
  const result = await work();
  into.push(Math.round(performance.now() - start));
  return result;
}

/** An abort while the worker proves ends it at once; the next proof starts another worker. */
async function abortTest() {
  const config: Config = await (await fetch('/config.json')).json();
  const veilpass = await Veilpass.connect({
    api: config.api,
    registryId: config.registry_id,
    audience: location.origin,
  });
  const controller = new AbortController();
  const onProgress = ({ stage }: ProgressEvent) => stage === 'tree' && controller.abort();
  const aborted = await veilpass.prepare({ signal: controller.signal, onProgress }).catch((error: Error) => error.name);
  await veilpass.prepare();
  const session = await veilpass.createSession();
  const trackId = config.tracks[0]?.track_id as string;
  const mint = newWallet().address;
  const stranger = await veilpass
    .prove({ identity: Identity.create(), trackId, mint, session })
    .catch((error: { code: string }) => error.code);
  await session.close();
  veilpass.close();
  return { aborted, stranger };
}

/** Bytes of the page's and the workers' memory, by kind, where the browser tells. */
async function wasmMemory(): Promise<{ bytes: number; worker: number } | null> {
  const measure = (performance as { measureUserAgentSpecificMemory?: () => Promise<Measurement> })
    .measureUserAgentSpecificMemory;
  if (!measure || !crossOriginIsolated) return null;
  // The browser answers when it next collects garbage, which may be much later.
  const late = new Promise<null>((resolve) => setTimeout(() => resolve(null), 30_000));
  const measured = await Promise.race([measure.call(performance), late]);
  if (!measured) return null;
  const { bytes, breakdown } = measured;
  const ofWorkers = breakdown.filter(({ attribution }) => attribution.some(({ scope }) => scope !== 'Window'));
  return { bytes, worker: ofWorkers.reduce((sum, part) => sum + part.bytes, 0) };
}

interface Measurement {
  bytes: number;
  breakdown: { bytes: number; attribution: { scope: string }[] }[];
}

Object.assign(globalThis, { veilpassTest, abortTest, sameClaim });
log('ready');
