import { h, list, write } from './dom.ts';
import { count, words } from './format.ts';

/** Names with their numbers, as horizontal bars: the longest is the greatest. */
export class Bars {
  readonly element = h('div', { class: 'bars' });
  readonly #list = h('ul', {});
  readonly #nothing = h('p', { class: 'none' });

  constructor(readonly whenNone: string) {
    this.element.append(this.#list, this.#nothing);
  }

  /** `null`: nobody tells. */
  show(items: readonly [string, number][] | null, most = 8): void {
    const shown = (items ?? []).filter(([, value]) => value > 0).slice(0, most);
    write(this.#nothing, items === null ? 'no data' : shown.length === 0 ? this.whenNone : '');
    this.#nothing.hidden = shown.length > 0;
    const greatest = Math.max(1, ...shown.map(([, value]) => value));
    list(this.#list, shown, row, (element, [name, value]) => {
      const [label, fill, number] = element.querySelectorAll<HTMLElement>('span');
      if (label === undefined || fill === undefined || number === undefined) return;
      write(label, words(name));
      write(number, count(value));
      fill.style.setProperty('--share', `${(value / greatest) * 100}%`);
    });
  }
}

function row(): HTMLElement {
  const track = h('i', { 'aria-hidden': 'true' }, h('span', { class: 'fill' }));
  return h('li', {}, h('span', { class: 'label' }), track, h('span', { class: 'number' }));
}
