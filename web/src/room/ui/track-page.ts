import { type Child, fill, h } from '../dom.ts';
import { clock, count, milliseconds, remaining } from '../format.ts';
import type { TrackAccess } from '../unlock/access.ts';
import type { Ledger } from '../unlock/ledger.ts';
import { type Action, type Circumstances, refusal } from '../unlock/refusals.ts';
import { announce } from './announcer.ts';
import { coverImage } from './cover.ts';
import { Crowd } from './crowd.ts';
import { walletDialog } from './dialogs/connect.ts';
import { identityDialog } from './dialogs/identity.ts';
import { icon } from './icons.ts';
import { invitation } from './invitation.ts';
import { LedgerView } from './ledger-view.ts';
import { Notes } from './notes.ts';
import { PlayerView } from './player-view.ts';
import { refusalPanel } from './refusal-panel.ts';
import { unlockForm } from './unlock-form.ts';
import type { View } from './view.ts';

/** What a stage shows, and how to end it. */
interface Stage {
  content: Child[];
  close?: () => void;
  update?: () => void;
  /** Takes the focus if it was in the stage before. */
  focus?: () => void;
}

/** One track: how to unlock it, what happens, the sound. */
export class TrackPage implements View {
  readonly title: string;
  readonly heading: HTMLElement;
  readonly element: HTMLElement;
  readonly #stage = h('div', { class: 'stage' });
  readonly #facts = h('p', { class: 'facts' });
  #shown = '';
  #current: Stage | null = null;

  constructor(readonly access: TrackAccess) {
    const { track } = access;
    this.title = `${track.title} · The Listening Room`;
    this.heading = h('h1', { tabindex: -1 }, track.title);
    this.element = h(
      'article',
      { class: 'track' },
      h('p', { class: 'back' }, h('a', { href: '#/' }, icon('back'), 'The catalogue')),
      h('div', { class: 'track-art' }, coverImage(track)),
      h(
        'div',
        { class: 'track-body' },
        h('header', {}, h('p', { class: 'eyebrow' }, track.artist), this.heading, this.#facts),
        this.#stage,
      ),
    );
  }

  update(): void {
    this.#showFacts();
    const name = this.#name();
    this.element.dataset.stage = name;
    if (name !== this.#shown) this.#enter(name);
    this.#current?.update?.();
  }

  close(): void {
    this.#current?.close?.();
  }

  /** Which stage is due. A new ledger or another error is another stage. */
  #name(): string {
    const { phase, mint, room, error } = this.access;
    if (phase === 'working' || phase === 'open') return phase;
    if (phase === 'refused') return `refused:${refusal(error, this.#circumstances()).code}`;
    if (room.problem && !room.veilpass) return 'away';
    if (phase === 'kept') return phase;
    if (!room.wallet) return 'connect';
    if (!room.identity) return 'identify';
    if (mint === undefined) return 'looking';
    return mint ? 'ready' : 'no-token';
  }

  #enter(name: string): void {
    const { activeElement } = document;
    const wasGivenUp = activeElement === this.heading && this.#shown === 'working';
    const hadFocus = this.#stage.contains(activeElement) || activeElement === document.body || wasGivenUp;
    const isFirst = this.#shown === '';
    this.#current?.close?.();
    this.#shown = name;
    this.#current = this.#make(name);
    fill(this.#stage, ...this.#current.content);
    if (hadFocus && !isFirst) this.#current.focus?.();
  }

  #make(name: string): Stage {
    const { access } = this;
    const { room } = access;
    switch (name) {
      case 'connect':
        return invitation(
          'Connect a wallet to see whether it holds a token for this.',
          'Connect a wallet',
          () => void walletDialog(room),
        );
      case 'identify':
        return invitation(
          'Make your identity on this device first. Proofs are made with it.',
          'Make or restore one',
          () => void identityDialog(room),
        );
      case 'looking':
        return { content: [h('p', { class: 'notice' }, 'Looking through your tokens…')] };
      case 'ready':
        return {
          content: [unlockForm(access)],
          focus: () => this.#stage.querySelector<HTMLElement>('.primary')?.focus(),
        };
      case 'kept':
        return {
          content: [h('p', { class: 'notice' }, 'Opening what you unlocked before…')],
          update: () => void access.reopen(),
          focus: () => this.heading.focus(),
        };
      case 'working':
        return this.#working();
      case 'open':
        return this.#open();
      case 'no-token':
        return this.#refused({ code: 'no-token' });
      case 'away':
        return this.#refused(room.problem);
      default:
        return this.#refused(access.error);
    }
  }

  #working(): Stage {
    const { ledger } = this.access;
    if (!ledger) return { content: [] };
    const view = new LedgerView(ledger, () => this.access.cancel());
    return {
      content: [view.element],
      close: () => view.close(),
      update: () => view.update(),
      focus: () => this.heading.focus(),
    };
  }

  #open(): Stage {
    const { player, recording, ledger, track, anonymity } = this.access;
    if (!player || !recording) return { content: [] };
    const view = new PlayerView(player, recording, track.title);
    const notes = new Notes(this.access);
    const crowd = anonymity ? new Crowd(anonymity.holders) : null;
    announce(`${track.title} is ${ledger ? 'unlocked' : 'still open from before'}.`);
    return {
      content: [
        view.element,
        ledger ? null : h('p', { class: 'notice' }, 'Still open from before: no other proof was needed.'),
        h('section', { class: 'liner', 'aria-label': 'How it was unlocked' }, crowd?.element, notes.element),
        ledger
          ? stepsTaken(ledger, `What happened: ${ledger.rows.length} steps in ${milliseconds(ledger.elapsed(0))}`)
          : null,
      ],
      close: () => {
        view.close();
        notes.close();
        crowd?.close();
      },
      focus: () => {
        // The steps were longer than what is here now: title and player, together.
        this.heading.scrollIntoView({ block: 'center' });
        view.focus();
      },
      update: () => notes.update(),
    };
  }

  #refused(error: unknown): Stage {
    const told = refusal(error, this.#circumstances());
    const panel = refusalPanel(told, (action) => this.#act(action));
    const content: Child[] = [panel];
    const { ledger } = this.access;
    if (ledger?.rows.length && this.access.phase === 'refused') {
      content.push(stepsTaken(ledger, 'What happened until then'));
    }
    announce(told.title);
    return { content, focus: () => panel.querySelector<HTMLElement>('h2')?.focus() };
  }

  #act(action: Action): void {
    const { access } = this;
    switch (action) {
      case 'again':
        if (access.room.veilpass) access.reset();
        else void access.room.reach();
        return;
      case 'device':
        access.choice.method = 'device';
        access.reset();
        return;
      case 'catalogue':
        location.hash = '#/';
        return;
      case 'identity':
        void identityDialog(access.room);
        return;
      case 'connect':
        void access.room.disconnect().then(() => walletDialog(access.room));
        return;
      case 'desk':
        void this.#visitDesk();
        return;
    }
  }

  async #visitDesk(): Promise<void> {
    const button = this.#stage.querySelector<HTMLButtonElement>('.refusal .primary');
    if (button) Object.assign(button, { disabled: true, textContent: 'The desk makes a token…' });
    try {
      await this.access.visitDesk();
      announce('The demo desk gave you a token.');
    } catch {
      if (button) Object.assign(button, { disabled: false, textContent: 'The desk did not answer. Try again' });
    }
  }

  #showFacts(): void {
    const { anonymity, track, room } = this.access;
    const parts = [clock(track.seconds)];
    if (anonymity) parts.push(`${count(anonymity.holders)} ${anonymity.holders === 1 ? 'holder' : 'holders'}`);
    if (room.periodEnd) parts.push(`period ends in ${remaining(room.periodEnd - Date.now() / 1000)}`);
    const text = parts.join('  ·  ');
    if (this.#facts.textContent !== text) this.#facts.textContent = text;
  }

  #circumstances(): Circumstances {
    const { anonymity, track, room } = this.access;
    return {
      title: track.title,
      demo: room.config.demo,
      periodEnds: room.periodEnd ? remaining(room.periodEnd - Date.now() / 1000) : 'a while',
      holders: anonymity?.holders ?? null,
      floor: anonymity?.floor ?? null,
    };
  }
}

/** Steps that are over, folded up. */
function stepsTaken(ledger: Ledger, title: string): HTMLElement {
  const steps = new LedgerView(ledger, null);
  steps.close();
  return h('details', { class: 'steps-taken' }, h('summary', {}, title), steps.element);
}
