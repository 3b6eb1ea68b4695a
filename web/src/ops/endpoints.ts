import { h, list, mark, write } from './dom.ts';
import * as format from './format.ts';
import { RULES } from './rules.ts';
import type { Endpoint } from './view.ts';

const RPC = RULES.find(({ name }) => name === 'VeilpassRpcErrors');

/** RPC endpoints by service: which one answers, how often, how fast, and how often it fails. */
export class Endpoints {
  readonly element: HTMLElement;
  readonly #rows = h('tbody');
  readonly #nothing = h('p', { class: 'none' }, format.NO_DATA);

  constructor() {
    const heads = ['service', 'endpoint', 'requests', 'p95', 'failing'].map((text) => h('th', { scope: 'col' }, text));
    const table = h('table', {}, h('thead', {}, h('tr', {}, ...heads)), this.#rows);
    this.element = h('div', { class: 'scroll' }, table, this.#nothing);
  }

  show(endpoints: readonly Endpoint[]): void {
    this.#nothing.hidden = endpoints.length > 0;
    const row = () => h('tr', {}, h('th', { scope: 'row' }), h('td'), h('td'), h('td'), h('td'));
    list(this.#rows, endpoints, row, (element, endpoint) => {
      const [service, name, requests, p95, failing] = element.children;
      if (!service || !name || !requests || !p95 || !failing) return;
      write(service, endpoint.service);
      write(name, `${endpoint.endpoint}${endpoint.inUse ? ' · in use' : ''}`);
      write(requests, endpoint.perMinute === null ? format.NO_DATA : `${format.count(endpoint.perMinute)} /min`);
      write(p95, endpoint.perMinute === 0 ? '–' : format.seconds(endpoint.p95));
      write(failing, endpoint.perMinute === 0 ? 'idle' : format.percent(endpoint.failing));
      mark(failing, 'bad', (endpoint.failing ?? 0) > (RPC?.threshold ?? 0));
    });
  }
}
