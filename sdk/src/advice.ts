/** What a person can do when the API refuses, by the code of the problem. */

const ADVICE: Readonly<Record<string, string>> = {
  'rate-limited': 'Wait a moment and try again.',
  'too-many-downloads': 'Wait until other downloads have ended, then try again.',
  'queue-full': 'The provers are busy. Try again later, or prove on the device.',
  'too-many-jobs': 'Wait until an earlier proof is done, or prove on the device.',
  'not-owner': 'Check that this wallet holds the token. What moved just now counts within a minute.',
  'mint-not-allowed': 'This token does not unlock this track: choose another.',
  'token-frozen': 'The token is frozen by its issuer and does not count while it is.',
  'token-delegated': 'The token is delegated: revoke the delegation in the wallet, then try again.',
  'enrolled-by-another': 'Another wallet enrolled this token and still holds it.',
  'replaced-lately': 'This wallet enrolled the token a short while ago, with another identity. Try again later.',
  'unknown-nonce': 'Start again: the text to sign was used or is too old.',
  'message-expired': 'Start again: the text to sign is too old.',
  'stale-epoch': 'Prove again: a new period has begun.',
  'stale-root': 'Prove again: the registry has changed since.',
  'unknown-root': 'Prove again: the registry has changed since.',
  'context-expired': 'Prove again: the session has ended.',
  'context-too-long':
    'Ask for a shorter session (sessionSeconds), and check the clock of this device. Nothing was spent.',
  'not-verified-yet': 'Wait until the chain has confirmed it.',
  'unknown-prover-key': 'Try again: the prover has another key now.',
};

/** A sentence for a person, also where the code says nothing. */
export function adviceOf(code: string, status: number): string {
  return ADVICE[code] ?? (status >= 500 ? 'Try again later.' : 'Report this with the request id.');
}
