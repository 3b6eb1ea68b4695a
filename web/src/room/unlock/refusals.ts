import { SessionEndedError } from '@veilpass/sdk';

/** What a panel can offer. */
export type Action = 'desk' | 'again' | 'device' | 'catalogue' | 'identity' | 'connect';

/** Why something did not happen, for a person. */
export interface Refusal {
  /** Stable: the problem's code. */
  readonly code: string;
  readonly title: string;
  readonly what: string;
  readonly next: string;
  readonly actions: readonly Action[];
  /** Seconds after which it is worth trying again, if the service said so. */
  readonly retryAfter: number | null;
}

/** Errors after which a session that was kept is of no use any more. */
const FINAL = new Set(['settlement-refused', 'kept-malformed', 'kept-elsewhere']);

/** Whether an error says that the session is over, rather than that it could not be asked. */
export function endsSession(error: unknown): boolean {
  return error instanceof SessionEndedError || FINAL.has(codeOf(error));
}

/** What the words depend on. */
export interface Circumstances {
  readonly title: string;
  readonly demo: boolean;
  /** When the period ends, in words: `12 days 4 h`. */
  readonly periodEnds: string;
  readonly holders: number | null;
  readonly floor: number | null;
}

type Words = Omit<Refusal, 'code' | 'retryAfter'>;

/** The panel for an error. Errors that nobody thought of are told in their own words. */
export function refusal(error: unknown, now: Circumstances): Refusal {
  const code = codeOf(error);
  const retryAfter = (error as { retryAfter?: unknown } | null)?.retryAfter;
  return { code, retryAfter: typeof retryAfter === 'number' ? retryAfter : null, ...words(code, error, now) };
}

/** The stable name of an error. */
export function codeOf(error: unknown): string {
  if (error instanceof DOMException && error.name === 'AbortError') return 'aborted';
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && code !== '' ? code : 'unexpected';
}

function words(code: string, error: unknown, now: Circumstances): Words {
  const { title } = now;
  if (error instanceof SessionEndedError && code !== 'stale-epoch') return sessionOver(code, now);
  switch (code) {
    case 'no-token':
      return {
        title: 'This one is for its holders',
        what: `The wallet that is connected holds no token that unlocks “${title}”. The page compared the wallet’s tokens with the track’s list by itself, so the service was not asked.`,
        next: now.demo
          ? 'Ask the demo desk for a token, or connect another wallet.'
          : 'Connect the wallet that holds it, or get a token where the artist offers them.',
        actions: now.demo ? ['desk', 'connect', 'catalogue'] : ['connect', 'catalogue'],
      };
    case 'nullifier-used':
      return {
        title: 'Already used in this period',
        what: `Your identity has unlocked “${title}” in this period: on another device or in another browser, or here in a session that has ended. Each identity counts once for a track and a period, and nobody can say which holder it was, so nobody can undo it.`,
        next: `Go on where you unlocked it, or come back when the period ends, in ${now.periodEnds}.${
          now.demo ? ' To try again in this demo, forget this identity and make another.' : ''
        }`,
        actions: now.demo ? ['catalogue', 'identity'] : ['catalogue'],
      };
    case 'stale-epoch':
      return {
        title: 'A new period has begun',
        what: `What was unlocked or proved for “${title}” was for the last one.`,
        next: 'Prove again: your identity counts again.',
        actions: ['again', 'catalogue'],
      };
    case 'stopped-late':
      return {
        title: 'Stopped, but it counts',
        what: 'Your proof had been accepted when you stopped. Its session is kept on this device.',
        next: 'Open it when you like: no other proof is needed.',
        actions: ['again', 'catalogue'],
      };
    case 'maybe-accepted':
      return {
        title: 'Stopped, but it may count',
        what: 'The service had your proof when you stopped, and has not said whether it accepted it.',
        next: 'Begin again. If it says that your identity was used already, it had been accepted.',
        actions: ['again', 'catalogue'],
      };
    case 'anonymity-set-too-small':
      return {
        title: 'Too few to hide among',
        what: `Only ${now.holders ?? 'a few'} ${now.holders === 1 ? 'listener has' : 'listeners have'} enrolled for “${title}”, and ${now.floor ?? 'more'} are needed. A proof would say “one of ${now.holders ?? 'very few'}”, which is nearly your name, so it was not accepted. Nothing was spent.`,
        next: 'Wait until more listeners have enrolled. Your enrolment stays, and brings that day nearer for everybody.',
        actions: ['catalogue'],
      };
    case 'wallet-rejected':
      return {
        title: 'You did not sign',
        what: 'The wallet gave no signature, so no token was enrolled and nothing has changed.',
        next: 'The text says what it is for, and moves nothing. Try again when you like.',
        actions: ['again', 'catalogue'],
      };
    case 'queue-full':
    case 'too-many-jobs':
      return {
        title: 'The provers are busy',
        what: 'All of them have as much to do as they take on, so yours was not accepted. Nothing was spent.',
        next: 'Prove on this device instead, or try again in a moment.',
        actions: ['device', 'again'],
      };
    case 'too-many-downloads':
      return {
        title: 'Too many downloads at once',
        what: 'This address downloads the list of listeners several times already.',
        next: 'Wait until the others have ended, then try again. Nothing was spent.',
        actions: ['again'],
      };
    case 'rate-limited':
    case 'too-many-attempts':
      return {
        title: 'A little too fast',
        what: 'This address has asked the service more often than it answers in a minute.',
        next: 'Wait for a moment, then try again. Nothing was spent.',
        actions: ['again'],
      };
    case 'connection':
    case 'unavailable':
      return {
        title: 'The service does not answer',
        what: 'It could not be reached from here. What your device has done so far has not left it.',
        next: 'Check your connection and try again.',
        actions: ['again'],
      };
    case 'settlement-refused':
      return {
        title: 'The chain refused it',
        what: `The program on Solana did not accept this proof: ${messageOf(error)}.`,
        next: 'Prove again under the newest root, or let the service check it.',
        actions: ['again', 'catalogue'],
      };
    case 'pin-mismatch':
      return {
        title: 'This page and the service do not match',
        what: 'The service runs another version of the circuit than this page was built for. Going on could mean proving something else than what was checked.',
        next: 'Reload the page. If that does not help, the operator has to update one of them.',
        actions: [],
      };
    case 'aborted':
      return {
        title: 'Stopped',
        what: 'You stopped it. Nothing was spent.',
        next: 'Begin again when you like.',
        actions: ['again'],
      };
    default:
      return {
        title: 'That did not work',
        what: sentence(messageOf(error)),
        next: adviceOf(error),
        actions: ['again', 'catalogue'],
      };
  }
}

function sessionOver(code: string, { title, periodEnds }: Circumstances): Words {
  const isTimeUp = code === 'context-expired';
  const why = isTimeUp ? 'its time is up' : 'the service does not count it any more';
  return {
    title: 'Your session is over',
    what: `You had unlocked “${title}”, and the session that came of it has ended: ${why}. Your identity counts once for a track and a period.`,
    next: `Come back when the period ends, in ${periodEnds}.`,
    actions: isTimeUp ? ['catalogue'] : ['catalogue', 'again'],
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error && error.message ? error.message : 'something unexpected happened';
}

function adviceOf(error: unknown): string {
  const advice = (error as { advice?: unknown } | null)?.advice;
  return typeof advice === 'string' && advice ? advice : 'Try again. If it stays so, tell whoever runs this page.';
}

function sentence(text: string): string {
  const upper = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(upper) ? upper : `${upper}.`;
}
