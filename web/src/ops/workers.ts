import { h, list, mark, write } from './dom.ts';
import * as format from './format.ts';
import type { Worker } from './view.ts';

/** Memory of each worker, with the marks at which a standby is started (70 %) and takes over (90 %). */
export class Workers {
  readonly element = h('div', { class: 'workers' });
  readonly #list = h('ul', {});
  readonly #nothing = h('p', { class: 'none' }, format.NO_DATA);

  constructor() {
    const scale = h(
      'p',
      { class: 'scale', 'aria-hidden': 'true' },
      h('span', { class: 'standby' }, '70 % standby'),
      h('span', { class: 'swap' }, '90 % swap'),
    );
    this.element.append(scale, this.#list, this.#nothing);
  }

  show(workers: readonly Worker[]): void {
    this.#nothing.hidden = workers.length > 0;
    list(this.#list, workers, row, (element, worker) => {
      const [name, meter, number] = element.children;
      const fill = element.querySelector<HTMLElement>('.fill');
      if (name === undefined || meter === undefined || number === undefined || fill === null) return;
      const share = worker.limit === null ? null : worker.resident / worker.limit;
      write(name, `slot ${worker.slot}`);
      element.title = worker.instance;
      fill.style.setProperty('--share', `${Math.min((share ?? 0) * 100, 100)}%`);
      mark(fill, 'warn', share !== null && share >= 0.7);
      mark(fill, 'bad', share !== null && share >= 0.9);
      const of = worker.limit === null ? 'no limit' : `of ${format.bytes(worker.limit)}, ${format.percent(share)}`;
      meter.setAttribute('aria-valuenow', String(Math.round((share ?? 0) * 100)));
      meter.setAttribute('aria-valuetext', `${format.bytes(worker.resident)} ${of}`);
      meter.setAttribute('aria-label', `Memory of the worker in slot ${worker.slot}`);
      const facts = `${format.count(worker.proofs)} proofs · ${format.seconds(worker.age)} old`;
      write(number, `${format.bytes(worker.resident)} ${of} · ${facts}`);
    });
  }
}

function row(): HTMLElement {
  const meter = h(
    'div',
    { class: 'meter', role: 'meter', 'aria-valuemin': '0', 'aria-valuemax': '100' },
    h('span', { class: 'fill' }),
    h('i', { class: 'at70' }),
    h('i', { class: 'at90' }),
  );
  return h('li', {}, h('span', { class: 'label' }), meter, h('span', { class: 'number' }));
}
