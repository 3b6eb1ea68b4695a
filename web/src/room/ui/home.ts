import { fill, h } from '../dom.ts';
import { clock, count } from '../format.ts';
import type { Room } from '../room.ts';
import type { TrackAccess } from '../unlock/access.ts';
import { refusal } from '../unlock/refusals.ts';
import { announce } from './announcer.ts';
import { coverImage } from './cover.ts';
import { refusalPanel } from './refusal-panel.ts';
import { Steps } from './steps.ts';
import type { View } from './view.ts';

/** The first page: what this is, the next step, the catalogue. */
export class Home implements View {
  readonly title = 'The Listening Room';
  readonly heading = h('h1', { tabindex: -1 }, 'Hear it ', h('em', {}, 'without being seen.'));
  readonly element: HTMLElement;
  readonly #steps: Steps;
  readonly #problem = h('div', {});
  readonly #statuses: (() => void)[];
  #shownProblem: unknown = null;

  constructor(readonly room: Room) {
    this.#steps = new Steps(room);
    const sleeves = room.tracks.map((access, at) => sleeve(access, at));
    this.#statuses = sleeves.map(({ update }) => update);
    this.element = h(
      'div',
      { class: 'home' },
      h(
        'section',
        { class: 'hero', 'aria-label': 'What this is' },
        this.heading,
        h(
          'p',
          { class: 'lead' },
          'Recordings for those who hold their tokens. Your browser proves that you are one of the holders. Which one stays with you.',
        ),
      ),
      this.#problem,
      h(
        'section',
        { 'aria-labelledby': 'steps-title' },
        h('h2', { id: 'steps-title', class: 'visually-hidden' }, 'How to begin'),
        this.#steps.element,
      ),
      h(
        'section',
        { class: 'catalogue', 'aria-labelledby': 'catalogue-title' },
        h(
          'header',
          { class: 'section-head' },
          h('h2', { id: 'catalogue-title' }, 'The catalogue'),
          h('p', {}, `${room.tracks.length} recordings`),
        ),
        h('ol', { class: 'sleeves' }, ...sleeves.map(({ element }) => element)),
      ),
    );
  }

  update(): void {
    const { problem } = this.room;
    if (problem !== this.#shownProblem) {
      this.#shownProblem = problem;
      fill(this.#problem, problem ? this.#problemPanel(problem) : null);
    }
    this.#steps.update();
    for (const update of this.#statuses) update();
  }

  close(): void {}

  #problemPanel(problem: unknown): HTMLElement {
    const now = { title: '', demo: this.room.config.demo, periodEnds: '', holders: null, floor: null };
    const told = refusal(problem, now);
    announce(told.title);
    return refusalPanel(told, (action) => action === 'again' && void this.room.reach());
  }
}

function sleeve(access: TrackAccess, at: number): { element: HTMLElement; update: () => void } {
  const { track } = access;
  const status = h('p', { class: 'status' });
  const element = h(
    'li',
    { class: 'sleeve' },
    h(
      'a',
      { href: `#/${track.slug}` },
      h('div', { class: 'sleeve-art' }, coverImage(track)),
      h(
        'div',
        { class: 'sleeve-text' },
        h('p', { class: 'sleeve-number mono', 'aria-hidden': 'true' }, String(at + 1).padStart(2, '0')),
        h('h3', {}, track.title),
        h('p', { class: 'sleeve-artist' }, track.artist, h('span', { class: 'mono' }, ` ${clock(track.seconds)}`)),
        status,
      ),
    ),
  );
  let shown = '';
  const update = () => {
    const [tone, text] = statusOf(access);
    if (`${tone}${text}` === shown) return;
    shown = `${tone}${text}`;
    status.dataset.tone = tone;
    fill(status, h('span', { class: 'dot', 'aria-hidden': 'true' }), text);
  };
  return { element, update };
}

function statusOf({ room, phase, mint, anonymity }: TrackAccess): [tone: string, text: string] {
  if (phase === 'open') return ['open', 'Unlocked'];
  if (phase === 'kept') return ['open', 'Still open from before'];
  if (phase === 'working') return ['open', 'Unlocking…'];
  if (anonymity?.is_below_floor) return ['few', `${count(anonymity.holders)} holders: too few to hide among`];
  if (!room.wallet) return ['plain', anonymity ? `For its ${count(anonymity.holders)} holders` : 'For its holders'];
  if (mint === undefined) return ['plain', 'Looking through your tokens…'];
  return mint ? ['held', 'You hold a token'] : ['plain', 'You hold no token for this'];
}
