// The whole SDK in Node against a real stack: npm run test:stack -w sdk (build it first). Device and delegated proofs,
// both ways to settle, and what must be refused.
import { ed25519 } from '@noble/curves/ed25519.js';
import { base58 } from '@scure/base';
import { fromWalletAdapter, Identity, tokenIdOf, Veilpass } from '@veilpass/sdk';
import { checks, openStack } from './open.mjs';

const { check, finish } = checks('STACK');
const { room, close } = await openStack();
try {
  const config = await (await fetch(`${room}/config.json`)).json();
  const [track, other] = config.tracks;
  const small = config.tracks.find(({ slug }) => slug === 'attic-tape');
  const veilpass = await Veilpass.connect({
    api: config.api,
    registryId: config.registry_id,
    audience: config.audience,
    cluster: config.cluster,
    programId: config.program_id,
  });

  console.log('\non the device, offchain');
  const wallet = newWallet();
  const identity = await Identity.fromWallet(wallet);
  const mint = await giveToken(wallet.address, track);
  check(
    'the token is among those that unlock the track',
    (await veilpass.assets(track.track_id)).includes(tokenIdOf(mint)),
  );
  const matching = await veilpass.matchingMints(track.track_id, [wallet.address, mint]);
  check('and is matched here', matching.length === 1 && matching[0] === mint);
  const options = { identity, trackId: track.track_id, mint };
  const code = (promise) =>
    promise.then(
      () => 'done',
      (error) => error.code,
    );
  check('before it is enrolled there is no proof', (await code(veilpass.unlock(options))) === 'not-a-member');
  check('nor by a prover', (await code(veilpass.unlock({ ...options, method: 'delegated' }))) === 'not-a-member');
  const { session, verification, proof } = await veilpass.unlock({ ...options, wallet });
  check('it is enrolled, proved and accepted', verification.status === 'accepted');
  const audio = await session.fetch(room + track.media);
  check('the track is heard', audio.status === 200 && (await audio.arrayBuffer()).byteLength > 44);
  check('another is not', (await session.fetch(room + other.media)).status === 403);
  check('the grant counts', (await session.introspect()).active);
  const before = (await session.grant()).jti;
  await session.revoke();
  check('a new one follows a revoked one', (await session.grant()).jti !== before);
  check('a proof counts once', (await code(veilpass.verify(proof))) === 'nullifier-used');
  const stolen = { ...proof, context: { ...proof.context, session_public_key: '11'.repeat(32) } };
  check('and for its session only', (await code(veilpass.verify(stolen))) === 'context-mismatch');
  const thief = await veilpass.createSession();
  check('which the SDK sees too', (await code(veilpass.verify(proof, { session: thief }))) === 'other-session');
  const damaged = { ...proof, proof: proof.proof.map((byte, at) => (at === 4000 ? byte ^ 1 : byte)) };
  const fresh = { ...damaged, publicInputs: { ...proof.publicInputs, nullifier: `0x${'0'.repeat(63)}9` } };
  check('a damaged proof is refused', (await code(veilpass.verify(fresh))) === 'invalid-proof');
  await session.close();
  check('a closed session gives nothing', (await code(session.grant())) === 'session-closed');

  console.log('\ndelegated, on chain');
  const second = newWallet();
  const adapter = fromWalletAdapter({
    publicKey: { toBase58: () => second.address },
    signMessage: (message) => second.signMessage(message),
  });
  const delegated = await veilpass.unlock({
    identity: Identity.create(),
    wallet: adapter,
    trackId: other.track_id,
    mint: await giveToken(second.address, other),
    method: 'delegated',
    settle: 'onchain',
    onProgress: ({ stage, place }) => console.log(`       ${place} ${stage}`),
  });
  check('it is verified by the program', delegated.verification.status === 'verified');
  check('in a transaction', base58.decode(delegated.verification.transaction.signature).length === 64);
  await delegated.session.close();

  console.log('\nrefusals');
  const stranger = newWallet();
  const foreign = veilpass.enrol({ identity: Identity.create(), wallet: stranger, trackId: track.track_id, mint });
  check("another wallet's token is not enrolled", (await code(foreign)) === 'not-owner');
  const controller = new AbortController();
  const aborted = veilpass.unlock({
    ...options,
    method: 'delegated',
    signal: controller.signal,
    onProgress: ({ stage }) => stage === 'queued' && controller.abort(),
  });
  check('an abort ends it', (await code(aborted)) === 'aborted');
  if (small) {
    const anonymity = await veilpass.anonymity(small.track_id);
    const hermit = newWallet();
    const lonely = veilpass.unlock({
      identity: Identity.create(),
      wallet: hermit,
      trackId: small.track_id,
      mint: await giveToken(hermit.address, small),
    });
    check(
      'too few to hide among is refused',
      anonymity.is_below_floor && (await code(lonely)) === 'anonymity-set-too-small',
    );
  }
  veilpass.close();

  function newWallet() {
    const key = ed25519.utils.randomSecretKey();
    const address = base58.encode(ed25519.getPublicKey(key));
    return { address, signMessage: async (message) => ed25519.sign(message, key) };
  }

  async function giveToken(address, { track_id }) {
    const response = await fetch(`${room}/demo/tokens`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ wallet: address, track_id }),
    });
    return (await response.json()).mint;
  }
} finally {
  await close();
}
finish();
// The engine of Barretenberg keeps Node waiting.
process.exit();
