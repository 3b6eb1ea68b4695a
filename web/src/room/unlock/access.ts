import type { Anonymity, Grant, Method, ProgressEvent, Session, Settle, Verification } from '@veilpass/sdk';
import { Player } from '../audio/player.ts';
import type { Track } from '../config.ts';
import type { Room } from '../room.ts';
import { noteEnrolment, wasEnrolled } from '../vault/enrolments.ts';
import { requestToken } from '../wallet/demo-desk.ts';
import { Ledger } from './ledger.ts';

/** Where an attempt is. */
export type Phase = 'idle' | 'working' | 'open' | 'refused';

/** How the listener wants it. */
export interface Choice {
  method: Method;
  settle: Settle;
}

/** How the session's grant is. */
export type Renewal = { state: 'current'; grant: Grant } | { state: 'ended'; error: unknown };

/** One track, and how far this listener is with it. Sessions are in memory only: they end with the page. */
export class TrackAccess {
  phase: Phase = 'idle';
  anonymity: Anonymity | null = null;
  /** A token of the wallet that unlocks it; null if it has none, undefined while that is not known. */
  mint: string | null | undefined;
  choice: Choice = { method: 'device', settle: 'offchain' };
  ledger: Ledger | null = null;
  error: unknown = null;
  verification: Verification | null = null;
  renewal: Renewal | null = null;
  player: Player | null = null;
  /** Decoded, for drawing. */
  recording: AudioBuffer | null = null;
  #session: Session | null = null;
  #abort: AbortController | null = null;
  /** Mints of the demo desk: it says what they unlock before the service's list, which may be kept for seconds, has them. */
  readonly #given = new Set<string>();

  constructor(
    readonly room: Room,
    readonly track: Track,
    readonly changed: () => void,
  ) {}

  /** Asks how many hold it. */
  async count(): Promise<void> {
    this.anonymity = (await this.room.veilpass?.anonymity(this.track.id)) ?? null;
    this.changed();
  }

  /** Finds a token among those that the wallet holds; null if it is not known what it holds. */
  async match(held: ReadonlySet<string> | null): Promise<void> {
    const veilpass = this.room.veilpass;
    if (!held || !veilpass) {
      this.mint = undefined;
      return this.changed();
    }
    const mints = [...held];
    const given = mints.find((mint) => this.#given.has(mint));
    const matching = given ? [given] : await veilpass.matchingMints(this.track.id, mints).catch(() => null);
    this.mint = matching ? (matching[0] ?? null) : undefined;
    this.changed();
  }

  /** Has the demo desk give the wallet a token. */
  async visitDesk(): Promise<void> {
    const wallet = this.room.wallet;
    if (!wallet) return;
    this.#given.add(await requestToken(wallet.address, this.track.id));
    await this.room.matchTokens();
    if (this.phase === 'refused') this.phase = 'idle';
    this.changed();
  }

  /** The whole way to the sound. What goes wrong is in `error`. */
  async unlock(): Promise<void> {
    const { veilpass, identity, wallet } = this.room;
    if (!veilpass || !identity || !wallet || this.phase === 'working') return;
    this.#abort = new AbortController();
    const ledger = new Ledger(performance.now());
    Object.assign(this, { ledger, error: null, phase: 'working' });
    this.changed();
    try {
      if (!this.mint) throw coded('no-token', 'the wallet holds no token for this track');
      const { trackId, mint, signal } = { trackId: this.track.id, mint: this.mint, signal: this.#abort.signal };
      const onProgress = (event: ProgressEvent) => {
        ledger.add(event, performance.now());
        this.changed();
      };
      // Before the first proof, rather than after it failed: a prover is then sent no secret in vain.
      if (!(await wasEnrolled(identity.commitment, trackId, mint))) {
        await veilpass.enrol({ identity, wallet, trackId, mint, signal, onProgress });
        await noteEnrolment(identity.commitment, trackId, mint);
      }
      await this.#protect();
      const options = { identity, wallet, trackId, mint, ...this.choice, signal, onProgress };
      const { session, verification } = await veilpass.unlock(options);
      ledger.close(performance.now());
      await this.#open(session, verification);
    } catch (error) {
      ledger.close(performance.now());
      this.error = error;
      this.phase = 'refused';
      // The set may be another than when it was counted.
      await this.count().catch(() => {});
    }
    this.#abort = null;
    this.changed();
  }

  cancel(): void {
    this.#abort?.abort();
  }

  /** Leaves a refusal, to choose again. */
  reset(): void {
    if (this.phase === 'refused') Object.assign(this, { phase: 'idle', error: null });
    this.changed();
  }

  /** Ends the session. */
  async close(): Promise<void> {
    const [player, session] = [this.player, this.#session];
    Object.assign(this, { player: null, recording: null, renewal: null, verification: null, phase: 'idle' });
    this.#session = null;
    this.changed();
    await player?.close();
    await session?.close();
  }

  /** Whether too few hide a proof is the service's to say, but not of one that goes on chain, where it stays for ever. */
  async #protect(): Promise<void> {
    if (this.choice.settle === 'offchain') return;
    await this.count();
    if (this.anonymity?.is_below_floor) throw coded('anonymity-set-too-small', 'too few hold this track to hide among');
  }

  async #open(session: Session, verification: Verification): Promise<void> {
    this.#session = session;
    this.verification = verification;
    this.renewal = { state: 'current', grant: await session.grant() };
    session.keepAlive({
      grant: (grant) => {
        this.renewal = { state: 'current', grant };
        this.changed();
      },
      error: (error) => {
        this.renewal = { state: 'ended', error };
        this.changed();
      },
    });
    const response = await session.fetch(this.track.media);
    if (!response.ok) throw coded('media', `the recording was refused with status ${response.status}`);
    const player = new Player();
    this.recording = await player.load(await response.arrayBuffer());
    this.player = player;
    this.phase = 'open';
    await this.count().catch(() => {});
  }
}

function coded(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
