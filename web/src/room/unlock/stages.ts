import type { ProgressEvent } from '@veilpass/sdk';
import { stageKey } from './ledger.ts';

/** How much a step shows to others: nothing; what everybody's looks like; something that is yours. */
export type Exposure = 'nothing' | 'alike' | 'yours';

/** A step in words. */
export interface Explanation {
  readonly title: string;
  readonly browser: string;
  readonly server: string;
  readonly exposure: Exposure;
}

const step = (title: string, browser: string, server: string, exposure: Exposure): Explanation => ({
  title,
  browser,
  server,
  exposure,
});

const NOTHING = 'Nothing: this happens on your device.';

const EXPLAINED: Readonly<Record<string, Explanation>> = {
  'api:challenge': step(
    'Ask for a text to sign',
    'Names your wallet, your token and your identity’s commitment.',
    'That this wallet enrols this token for this commitment. It keeps a keyed hash of the wallet, not its address.',
    'yours',
  ),
  'wallet:wallet': step(
    'Your wallet signs',
    'Shows you the text. It is no transaction and moves nothing.',
    'Nothing yet. The signature goes with the next step.',
    'nothing',
  ),
  'api:enrolling': step(
    'Enrol the token',
    'Sends the signature.',
    'That the signature is your wallet’s, and from the chain that the token is there.',
    'yours',
  ),
  'api:pending-root': step(
    'A new root is made',
    'Waits.',
    'Your commitment joins the tree. The tree has no wallets in it.',
    'yours',
  ),
  'chain:pending-chain': step(
    'The root is published',
    'Waits for the chain.',
    'The chain gets one number for the whole tree.',
    'alike',
  ),
  'api:pending-chain': step(
    'The root is published',
    'Waits for the chain.',
    'The chain gets one number for the whole tree.',
    'alike',
  ),
  'api:enrolled': step(
    'Enrolled',
    'Knows that your token is in the tree. Your wallet is not needed again.',
    'Nothing more. A proof will not tell it which holder you are. The moment and your network address might, when one proves right after enrolling.',
    'alike',
  ),
  'device:loading': step(
    'Load the prover',
    'Fetches the proving code, the circuit and the reference string.',
    'That somebody loads the prover: the same files for everybody.',
    'alike',
  ),
  'device:leaves': step(
    'Download every leaf',
    'Fetches the whole tree’s leaves, so that nobody sees which one it needs.',
    'That somebody reads this registry. Not which leaf.',
    'alike',
  ),
  'device:tree': step(
    'Build the tree',
    'Hashes all leaves and compares the result with the published root.',
    NOTHING,
    'nothing',
  ),
  'chain:root': step(
    'Ask the chain for the root',
    'Looks for the proof’s root in the program’s account: a tree made for you alone would not be there.',
    'Nothing. The chain’s node: that somebody reads this registry.',
    'nothing',
  ),
  'device:witness': step(
    'Prepare the witness',
    'Puts your secret, your token and the path to the root into the circuit.',
    NOTHING,
    'nothing',
  ),
  'device:proving': step('Prove', 'Makes a zero-knowledge proof of all that.', NOTHING, 'nothing'),
  'device:checking': step('Check the proof', 'Verifies its own proof before anybody sees it.', NOTHING, 'nothing'),
  'device:sealing': step(
    'Seal the witness',
    'Encrypts your secret and token for the prover alone.',
    'Nothing yet.',
    'nothing',
  ),
  'prover:queued': step(
    'Wait for a prover',
    'Hands over the sealed envelope, and waits.',
    'The API sees an envelope that it cannot open, the track, and a one-time nullifier.',
    'alike',
  ),
  'api:queued': step(
    'Wait for a prover',
    'Hands over the sealed envelope, and waits.',
    'The API sees an envelope that it cannot open, the track, and a one-time nullifier.',
    'alike',
  ),
  'prover:leased': step(
    'The prover opens the envelope',
    'Waits.',
    'The prover, and nobody else, reads your identity’s secret and which token. That is the price of delegating.',
    'yours',
  ),
  'prover:path': step(
    'The prover finds the path',
    'Waits.',
    'The prover holds the tree, so the API is not asked about a leaf.',
    'yours',
  ),
  'prover:witness': step(
    'The prover solves the circuit',
    'Waits.',
    'As before: the secret is in the prover’s memory, and nowhere else.',
    'yours',
  ),
  'prover:proving': step(
    'The prover proves',
    'Waits.',
    'As before. The envelope is deleted when the job ends.',
    'yours',
  ),
  'prover:verifying': step('The prover checks the proof', 'Waits.', 'Nothing more.', 'nothing'),
  'device:proved': step(
    'The proof is here',
    'Holds 7,232 bytes that say “a holder of this track”, and no more.',
    'Nothing yet.',
    'nothing',
  ),
  'api:submitting': step(
    'Show the proof',
    'Sends the proof and this session’s public key.',
    'That one of the holders listens, once in this period. Not which one.',
    'alike',
  ),
  'api:accepted': step('Accepted', 'Waits.', 'Spends the nullifier: this identity, this track, this period.', 'alike'),
  'chain:accepted': step(
    'Accepted',
    'Waits.',
    'Spends the nullifier: this identity, this track, this period.',
    'alike',
  ),
  'chain:uploading': step(
    'The relayer writes the proof on chain',
    'Waits.',
    'The chain sees the proof, sent and paid by the relayer. Your wallet takes no part.',
    'alike',
  ),
  'chain:verifying': step(
    'The program verifies it',
    'Waits.',
    'Solana checks the whole proof in one transaction, and burns the nullifier.',
    'alike',
  ),
  'chain:verified': step(
    'Confirmed',
    'Reads the transaction’s signature.',
    'For ever on chain: a holder of this track listened in this period.',
    'alike',
  ),
  'chain:final': step(
    'Final',
    'Reads the transaction’s signature.',
    'For ever on chain: a holder of this track listened in this period.',
    'alike',
  ),
  'api:granted': step(
    'Your session has its grant',
    'Keeps the grant in memory and the session’s key, which this page made, in the browser’s database: a reload goes on with it.',
    'That the session goes on. The key has nothing to do with your wallet.',
    'alike',
  ),
};

/** A step in words; a step that this page does not know is shown by its own name. */
export function explain(event: ProgressEvent): Explanation {
  const known = EXPLAINED[stageKey(event)] ?? EXPLAINED[`api:${event.stage}`];
  return known ?? step(event.detail ?? event.stage, event.detail ?? 'Goes on.', 'What this step needs.', 'alike');
}

/** The steps that are explained, by place and stage. */
export const KNOWN_STEPS: readonly string[] = Object.keys(EXPLAINED);
