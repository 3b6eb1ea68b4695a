import type { Anonymity, Grant, Method, ProgressEvent, Session, Settle, Verification } from '@veilpass/sdk';
import { Player } from '../audio/player.ts';
import type { Track } from '../config.ts';
import type { Room } from '../room.ts';
import { noteEnrolment, wasEnrolled } from '../vault/enrolments.ts';
import { requestToken } from '../wallet/demo-desk.ts';
import { Keepsake } from './keepsake.ts';
import { Ledger } from './ledger.ts';
import { codeOf, endsSession } from './refusals.ts';

/** Where an attempt is. `kept`: it was unlocked before, and its session is still to be opened again. */
export type Phase = 'idle' | 'kept' | 'working' | 'open' | 'refused';

/** How the listener wants it. */
export interface Choice {
  method: Method;
  settle: Settle;
}

/** How the session's grant is. */
export type Renewal = { state: 'current'; grant: Grant } | { state: 'ended'; error: unknown };

/** One track, and how far this listener is with it. */
export class TrackAccess {
  phase: Phase = 'idle';
  anonymity: Anonymity | null = null;
  /** A token of the wallet that unlocks it; null if it has none, undefined while that is not known. */
  mint: string | null | undefined;
  choice: Choice = { method: 'device', settle: 'offchain' };
  /** What happened in this page; null if it was unlocked before. */
  ledger: Ledger | null = null;
  error: unknown = null;
  verification: Verification | null = null;
  renewal: Renewal | null = null;
  player: Player | null = null;
  /** Decoded, for drawing. */
  recording: AudioBuffer | null = null;
  #session: Session | null = null;
  /** Of what is going on; another one, or none, when that is given up. */
  #abort: AbortController | null = null;
  readonly #keepsake: Keepsake;
  /** Mints of the demo desk: it says what they unlock before the service's list, which may be kept for seconds, has them. */
  readonly #given = new Set<string>();

  constructor(
    readonly room: Room,
    readonly track: Track,
    readonly changed: () => void,
  ) {
    this.#keepsake = new Keepsake(room.config.registryId, track.id);
  }

  /** Whether a reload changes nothing: the session is kept on this device. */
  get isKept(): boolean {
    return this.#keepsake.kept !== null;
  }

  /** When the session ends, in seconds since 1970; null if there is none. */
  get sessionEnd(): number | null {
    return this.#session?.expiresAt ?? null;
  }

  /** Looks for a session that was kept. */
  async recall(): Promise<void> {
    if (this.phase !== 'idle' || !(await this.#keepsake.recall()) || this.phase !== 'idle') return;
    this.phase = 'kept';
    this.changed();
  }

  /** Goes on with the session that was kept, once the service is there. */
  async reopen(): Promise<void> {
    const [veilpass, kept] = [this.room.veilpass, this.#keepsake.kept];
    if (!veilpass || !kept || this.phase !== 'kept' || this.#abort) return;
    const abort = new AbortController();
    this.#abort = abort;
    try {
      const { session, verification } = await this.#keepsake.reopen(kept, veilpass, abort.signal);
      this.choice = { method: kept.method, settle: verification.settle };
      this.ledger = null;
      await this.#open(session, verification, abort);
    } catch (error) {
      if (this.#abort !== abort) return;
      await this.#refuse(error);
      // In another period one is not told what was in the last: one proves again.
      const isOver = this.room.registry && this.room.registry.epoch !== kept.verification.epoch;
      if (endsSession(error) && isOver) Object.assign(this, { error: null, phase: 'idle' });
    }
    this.#finish(abort);
  }

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
    if (!veilpass || !identity || !wallet || this.#abort) return;
    const abort = new AbortController();
    this.#abort = abort;
    // Another tab may have unlocked it meanwhile.
    await this.recall();
    if (this.isKept) {
      this.#abort = null;
      return this.reopen();
    }
    const ledger = new Ledger(performance.now());
    Object.assign(this, { ledger, error: null, phase: 'working' });
    this.changed();
    try {
      if (!this.mint) throw coded('no-token', 'the wallet holds no token for this track');
      const { trackId, mint, signal } = { trackId: this.track.id, mint: this.mint, signal: abort.signal };
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
      const keep = async (session: Session, verification: Verification) => {
        if (this.#abort === abort) await this.#keepsake.keep(session, verification, this.choice.method);
      };
      const options = { identity, wallet, trackId, mint, ...this.choice, signal, onProgress, onAccepted: keep };
      const { session, verification } = await veilpass.unlock(options);
      ledger.close(performance.now());
      // Again, with the transaction.
      await keep(session, verification);
      await this.#open(session, verification, abort);
    } catch (error) {
      ledger.close(performance.now());
      if (this.#abort !== abort) return;
      await this.#refuse(error);
      // The set may be another than when it was counted.
      await this.count().catch(() => {});
    }
    this.#finish(abort);
  }

  cancel(): void {
    this.#abort?.abort();
  }

  /** Leaves a refusal, to choose again. */
  reset(): void {
    if (this.phase === 'refused') Object.assign(this, { phase: this.isKept ? 'kept' : 'idle', error: null });
    this.changed();
  }

  /** Ends the session, or the way to it, and keeps nothing of it. */
  async close(): Promise<void> {
    this.cancel();
    this.#abort = null;
    const [player, session] = [this.player, this.#session];
    Object.assign(this, {
      player: null,
      recording: null,
      renewal: null,
      verification: null,
      ledger: null,
      phase: 'idle',
    });
    this.#session = null;
    this.changed();
    await this.#keepsake.drop();
    await player?.close();
    await session?.close();
  }

  /** Whether too few hide a proof is the service's to say, but not of one that goes on chain, where it stays for ever. */
  async #protect(): Promise<void> {
    if (this.choice.settle === 'offchain') return;
    await this.count();
    if (this.anonymity?.is_below_floor) throw coded('anonymity-set-too-small', 'too few hold this track to hide among');
  }

  async #refuse(error: unknown): Promise<void> {
    const session = this.#session;
    this.#session = null;
    if (endsSession(error)) await this.#keepsake.drop();
    const isStoppedLate = this.isKept && codeOf(error) === 'aborted';
    this.error = isStoppedLate ? coded('stopped-late', 'stopped after the proof was accepted') : error;
    this.phase = 'refused';
    await session?.close();
  }

  #finish(abort: AbortController): void {
    if (this.#abort === abort) this.#abort = null;
    this.changed();
  }

  async #open(session: Session, verification: Verification, abort: AbortController): Promise<void> {
    if (this.#abort !== abort) return session.close();
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
        void this.#keepsake.drop();
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
