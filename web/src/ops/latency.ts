import { h, list, write } from './dom.ts';
import { count, NO_DATA, seconds } from './format.ts';
import type { Bucket } from './histogram.ts';

/** A histogram of durations: a column for each bucket, from the first to the last that has something, and those beside. */
export class LatencyHistogram {
  readonly element = h('div', { class: 'histogram', role: 'img' });
  readonly #columns = h('div', { class: 'columns', 'aria-hidden': 'true' });
  readonly #nothing = h('p', { class: 'none' });

  constructor(readonly label: string) {
    this.element.append(this.#columns, this.#nothing);
  }

  show(buckets: readonly Bucket[] | null): void {
    const all = buckets ?? [];
    const total = all.reduce((sum, bucket) => sum + bucket.count, 0);
    const first = all.findIndex((bucket) => bucket.count > 0);
    const last = all.length - 1 - [...all].reverse().findIndex((bucket) => bucket.count > 0);
    const shown = total === 0 ? [] : all.slice(Math.max(first - 1, 0), last + 2);
    const greatest = Math.max(1, ...shown.map((bucket) => bucket.count));
    this.#nothing.hidden = total > 0;
    write(this.#nothing, buckets === null ? NO_DATA : 'none in this time');
    list(this.#columns, shown, column, (element, bucket) => {
      const [number, fill, bound] = element.querySelectorAll<HTMLElement>('span');
      if (number === undefined || fill === undefined || bound === undefined) return;
      write(number, bucket.count > 0 ? count(bucket.count) : '');
      write(bound, Number.isFinite(bucket.le) ? seconds(bucket.le) : 'more');
      fill.style.setProperty('--share', `${(bucket.count / greatest) * 100}%`);
    });
    const told = shown
      .filter((bucket) => bucket.count > 0)
      .map(({ le, count }) => `${count} up to ${Number.isFinite(le) ? seconds(le) : 'more'}`);
    this.element.setAttribute('aria-label', `${this.label}: ${total === 0 ? 'none' : told.join(', ')}`);
  }
}

function column(): HTMLElement {
  return h(
    'div',
    {},
    h('span', { class: 'number' }),
    h('i', {}, h('span', { class: 'fill' })),
    h('span', { class: 'bound' }),
  );
}
