import { fill, h } from '../dom.ts';
import { milliseconds } from '../format.ts';
import type { Ledger, Row } from '../unlock/ledger.ts';
import { explain } from '../unlock/stages.ts';
import { announce } from './announcer.ts';

const TICK_MS = 100;

/** What happens, in two columns, with the time that each step took. Rows are added, never redrawn as a whole. */
export class LedgerView {
  readonly element: HTMLElement;
  readonly #list = h('ol', { class: 'ledger-rows' });
  readonly #elapsed = h('span', { class: 'mono', 'aria-hidden': 'true' });
  readonly #rows: RowView[] = [];
  readonly #isLive: boolean;
  readonly #ticking: ReturnType<typeof setInterval>;

  constructor(
    readonly ledger: Ledger,
    cancel: (() => void) | null,
  ) {
    this.#isLive = cancel !== null;
    this.element = h(
      'section',
      { class: 'ledger', 'aria-label': 'What happens' },
      cancel &&
        h(
          'header',
          { class: 'ledger-bar' },
          h('p', {}, 'Unlocking'),
          this.#elapsed,
          h('button', { class: 'secondary', type: 'button', on: { click: cancel } }, 'Stop'),
        ),
      h(
        'div',
        { class: 'ledger-head' },
        h('p', { class: 'ledger-column', 'aria-hidden': 'true' }, 'Time'),
        h('p', { class: 'ledger-column', 'aria-hidden': 'true' }, 'What your browser does'),
        h('p', { class: 'ledger-column', 'aria-hidden': 'true' }, 'What the server learns'),
      ),
      this.#list,
    );
    this.#ticking = setInterval(() => this.update(), TICK_MS);
    this.update();
  }

  update(): void {
    const now = performance.now();
    for (const [at, row] of this.ledger.rows.entries()) {
      let view = this.#rows[at];
      if (!view) {
        view = new RowView(row);
        this.#rows.push(view);
        this.#list.append(view.element);
        if (this.#isLive) this.#follow(view.element);
        if (row.end === null) announce(explain(row.event).title);
      }
      view.update(row, this.ledger.elapsed(now));
    }
    fill(this.#elapsed, milliseconds(this.ledger.elapsed(now)));
  }

  /** Keeps the newest step in sight, unless the person scrolled away from the ones before. */
  #follow(row: HTMLElement): void {
    const before = row.previousElementSibling?.getBoundingClientRect();
    if (before && (before.bottom < 0 || before.top > innerHeight)) return;
    row.scrollIntoView({ block: 'nearest' });
  }

  /** Nothing is added any more. */
  close(): void {
    clearInterval(this.#ticking);
    this.update();
  }
}

class RowView {
  readonly element: HTMLElement;
  readonly #time = h('span', { class: 'mono' });
  readonly #progress = h('progress', { max: 1, 'aria-label': 'Downloaded' });

  constructor(row: Row) {
    const { title, browser, server, exposure } = explain(row.event);
    this.element = h(
      'li',
      { class: 'ledger-row', 'data-step': row.key },
      h('div', { class: 'ledger-mark' }, h('span', { class: 'mark-dot', 'aria-hidden': 'true' }), this.#time),
      h(
        'div',
        { class: 'ledger-browser' },
        h('p', { class: 'ledger-title' }, title),
        h('p', {}, browser),
        this.#progress,
      ),
      h(
        'div',
        { class: 'ledger-server', 'data-exposure': exposure },
        h('p', {}, h('span', { class: 'ledger-label' }, 'The server learns: '), server),
      ),
    );
  }

  update(row: Row, elapsed: number): void {
    this.element.dataset.state = row.end === null ? 'running' : 'done';
    const took = (row.end ?? elapsed) - row.start;
    this.element.dataset.ms = String(Math.round(took));
    fill(this.#time, milliseconds(took));
    this.#progress.hidden = row.fraction === null || row.end !== null;
    if (row.fraction !== null) this.#progress.value = row.fraction;
  }
}
