/**
 * What can go wrong, told apart by what a caller can do about it. No message holds a secret, a token, or anything of a
 * witness.
 */

import { adviceOf } from './advice.js';

/** The root of all errors that the SDK throws on purpose. `code` is stable; `advice` is a sentence for a person. */
export class VeilpassError extends Error {
  /** Stable, lowercase words joined by hyphens. */
  readonly code: string;
  /** What to do about it, for a person. */
  readonly advice: string;

  constructor(code: string, message: string, advice: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
    this.advice = advice;
  }
}

/** A field of a request that the API finds at fault. */
export interface FieldError {
  /** Its path in the request's body. */
  readonly field: string;
  /** What is wrong with it. */
  readonly detail: string;
}

/** What an API says when it refuses (RFC 9457). */
export interface Problem {
  /** `urn:veilpass:problem:` and a code; `about:blank` if the answer was no problem document. */
  readonly type: string;
  readonly title: string;
  /** The HTTP status. */
  readonly status: number;
  readonly detail: string;
  readonly errors: readonly FieldError[];
  /** Seconds, from `Retry-After`. */
  readonly retryAfter: number | undefined;
  /** When the API refused, in seconds since 1970, by its own clock. */
  readonly timestamp: number | undefined;
  /** Names the request in the operator's logs. */
  readonly requestId: string | undefined;
}

/** The API refused. */
export class ApiError extends VeilpassError {
  readonly problem: Problem;

  constructor(problem: Problem, options?: ErrorOptions & { advice?: string }) {
    const code = problem.type.split(':').pop() || 'unknown';
    const advice = options?.advice ?? adviceOf(code, problem.status);
    super(code, problem.detail || problem.title || `the API answered ${problem.status}`, advice, options);
    this.problem = problem;
  }

  /** URN of the problem. */
  get type(): string {
    return this.problem.type;
  }
  /** HTTP status. */
  get status(): number {
    return this.problem.status;
  }
  get detail(): string {
    return this.problem.detail;
  }
  /** Seconds after which it is worth trying again. */
  get retryAfter(): number | undefined {
    return this.problem.retryAfter;
  }
}

/** This identity has been used for this track in this period (409 `nullifier-used`). */
export class NullifierUsedError extends ApiError {
  constructor(problem: Problem) {
    super(problem, {
      advice: 'This token was used for this track already. Go on in that session, or wait for the next period.',
    });
  }
}

/** Too few hold the track for anybody to hide among (422 `anonymity-set-too-small`). */
export class AnonymitySetTooSmallError extends ApiError {
  constructor(problem: Problem) {
    super(problem, {
      advice: 'A proof would say too much about you. Wait until more listeners enrolled for this track.',
    });
  }
}

/**
 * A session can get no grant any more. `code` is the API's: `context-expired` (its time is over), `stale-epoch` (the
 * period is), `session-ended` (the chain overruled its proof, or an operator ended it), or that it is not known there.
 */
export class SessionEndedError extends VeilpassError {
  /** Refusals that another request will not change. */
  static readonly codes: ReadonlySet<string> = new Set([
    'session-ended',
    'context-expired',
    'stale-epoch',
    'unknown-verification',
    'context-mismatch',
    'wrong-signature',
    'wrong-audience',
  ]);

  constructor(code: string, message: string, options?: ErrorOptions) {
    const once = 'An identity counts once for a track and a period: prove again in the next one.';
    const advice = code === 'stale-epoch' ? 'Prove again: a new period has begun.' : once;
    super(code, message, advice, options);
  }
}

/** The API could not be reached, or its answer is none of its own. */
export class ConnectionError extends VeilpassError {
  constructor(message: string, options?: ErrorOptions) {
    super('connection', message, 'Check the connection and try again.', options);
  }
}

/** The API, or an asset, is another version than this SDK is made for. Never go on. */
export class PinMismatchError extends VeilpassError {
  /** What differs. */
  readonly pin: string;

  constructor(pin: string, expected: string, found: string) {
    super(
      'pin-mismatch',
      `${pin} is ${found}, and this SDK is made for ${expected}`,
      'Reload the page. If that does not help, the operator must update the frontend or the service.',
    );
    this.pin = pin;
  }
}

/** Why a wallet is of no use here. */
export type WalletFailure = 'rejected' | 'unsupported' | 'not-deterministic' | 'wrong-account' | 'failed';

/** A wallet would not, or cannot. */
export class WalletError extends VeilpassError {
  readonly reason: WalletFailure;

  constructor(reason: WalletFailure, message: string, options?: ErrorOptions) {
    super(`wallet-${reason}`, message, WALLET_ADVICE[reason], options);
    this.reason = reason;
  }
}

const WALLET_ADVICE: Readonly<Record<WalletFailure, string>> = {
  rejected: 'Approve the request in the wallet.',
  unsupported: 'Use a wallet that can sign messages.',
  'not-deterministic': 'Keep a random identity with a backup instead: this wallet could not restore one.',
  'wrong-account': 'Switch the wallet to the account that was chosen.',
  failed: 'Try again, or use another wallet.',
};

/** The API asked the wallet to sign something else than what was agreed. Nothing was signed. */
export class ChallengeMismatchError extends VeilpassError {
  constructor(message: string) {
    super('challenge-mismatch', message, 'Do not sign. Report this to whoever runs the page.');
  }
}

/** No leaf of the registry's newest root is this identity's, for this token and track. */
export class NotAMemberError extends VeilpassError {
  constructor(options?: ErrorOptions) {
    super(
      'not-a-member',
      'this identity has not enrolled this token for this track, or the enrolment has ended',
      'Enrol the token first. What was enrolled just now counts within seconds.',
      options,
    );
  }
}

/** An enrolment ended while it was waited for. */
export class EnrolmentRevokedError extends VeilpassError {
  /** `sold`, `replaced` or `operator`. */
  readonly reason: string;

  constructor(reason: string) {
    super(
      'enrolment-revoked',
      `the enrolment was revoked: ${reason}`,
      'Enrol again with the wallet that holds the token.',
    );
    this.reason = reason;
  }
}

/** A prover gave a job up. */
export class ProofFailedError extends VeilpassError {
  constructor(code: string, detail: string) {
    super(code, detail, 'Try again, or prove on the device.');
  }
}

/** The chain, or the service, refused to settle a proof. */
export class SettlementRefusedError extends VeilpassError {
  /** The program's error number and name, if the program refused. */
  readonly programError: { readonly code: number; readonly name: string } | undefined;

  constructor(detail: string, programError?: { code: number; name: string }) {
    super('settlement-refused', detail, 'Prove again.');
    this.programError = programError;
  }
}

/** The leaves are damaged, or do not have the root that they are said to have. */
export class LeavesError extends VeilpassError {
  constructor(message: string) {
    super('leaves', message, 'Download them again. If it stays so, do not trust this service.');
  }
}

/** Something is not in its canonical encoding, cannot be opened, or cannot be computed. */
export class CryptoError extends VeilpassError {
  constructor(code: string, message: string, advice = 'Check what was entered.', options?: ErrorOptions) {
    super(code, message, advice, options);
  }
}

/** The caller's AbortSignal fired, or what it waited for was closed. `name` is `AbortError`, as of the platform's. */
export class AbortError extends VeilpassError {
  constructor(options?: ErrorOptions) {
    super('aborted', 'aborted', 'Start again when you like.', options);
    this.name = 'AbortError';
  }
}

/**
 * The caller's AbortSignal fired while the API looked at the proof, and the API did not say in time whether it accepted it:
 * the nullifier may be spent.
 */
export class MaybeAcceptedError extends VeilpassError {
  constructor(options?: ErrorOptions) {
    const advice = 'Prove again: if the proof was accepted, the nullifier counts as used until the next epoch.';
    super('maybe-accepted', 'stopped before the API said whether it accepts the proof', advice, options);
    this.name = 'MaybeAcceptedError';
  }
}
