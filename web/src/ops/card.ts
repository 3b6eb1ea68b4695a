import { h, mark, write } from './dom.ts';
import { NO_DATA } from './format.ts';

/** A named part of the page. */
export function card(title: string, size: string, ...children: (Node | string)[]): HTMLElement {
  return h('section', { class: `card ${size}`, 'aria-label': title }, h('h3', {}, title), ...children);
}

/** A figure with its name. */
export class Stat {
  readonly element: HTMLElement;
  readonly #value = h('dd', {}, NO_DATA);

  constructor(label: string, hint = '') {
    this.element = h('div', { class: 'stat' }, h('dt', {}, label), this.#value);
    if (hint !== '') this.element.title = hint;
  }

  show(text: string, state: '' | 'warn' | 'bad' = ''): void {
    write(this.#value, text);
    mark(this.#value, 'none', text === NO_DATA);
    mark(this.#value, 'warn', state === 'warn');
    mark(this.#value, 'bad', state === 'bad');
  }
}

/** Figures in a row. */
export function stats(...all: Stat[]): HTMLElement {
  return h('dl', { class: 'stats' }, ...all.map((stat) => stat.element));
}
