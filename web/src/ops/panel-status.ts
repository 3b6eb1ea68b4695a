import type { Finding } from './alerts.ts';
import { h, list, mark, write } from './dom.ts';
import * as format from './format.ts';
import type { Process } from './model.ts';
import { M } from './names.ts';
import type { Panel } from './panels.ts';
import { RULES } from './rules.ts';
import { SERVICES } from './view.ts';

/** A service that is up, or was, or is expected. */
interface Seen {
  readonly service: string;
  readonly process: Process | null;
}

/** Which services are up, and which alerts fire. */
export function statusPanel(): Panel {
  const services = h('ul', { class: 'services', 'aria-label': 'Services' });
  const firing = h('ul', { class: 'findings' });
  const calm = h('p', { class: 'calm' });
  const alerts = h('section', { class: 'alerts', 'aria-label': 'Alerts', 'aria-live': 'polite' }, calm, firing);
  return {
    element: h('div', { class: 'status' }, services, alerts),
    plots: [],
    show({ view, findings, time }) {
      const seen = SERVICES.flatMap((service): Seen[] => {
        const processes = view.processes.filter((process) => process.service === service);
        return processes.length === 0
          ? [{ service, process: null }]
          : processes.map((process) => ({ service, process }));
      });
      list(services, seen, serviceCard, (element, item) => showService(element, item, time));
      write(calm, findings.length === 0 ? `No alert: ${RULES.length} rules hold` : '');
      calm.hidden = findings.length > 0;
      const urgent = [...findings].sort((one, other) => Number(other.isFiring) - Number(one.isFiring));
      list(
        firing,
        urgent,
        () => h('li', {}, h('strong'), h('span'), h('span', { class: 'detail' })),
        showFinding(time),
      );
    },
  };
}

function serviceCard(): HTMLElement {
  const head = h(
    'p',
    { class: 'name' },
    h('i', { class: 'dot', 'aria-hidden': 'true' }),
    h('strong'),
    h('span', { class: 'word' }),
  );
  return h('li', {}, head, h('p', { class: 'age' }), h('p', { class: 'facts' }));
}

function showService(element: HTMLElement, { service, process }: Seen, time: number): void {
  const [name, state] = element.querySelectorAll('strong, .word');
  const [age, facts] = element.querySelectorAll('.age, .facts');
  if (name === undefined || state === undefined || age === undefined || facts === undefined) return;
  const isUp = process?.isUp ?? false;
  mark(element, 'up', isUp);
  mark(element, 'down', !isUp);
  write(name, service);
  write(state, isUp ? 'up' : 'down');
  write(age, process === null ? 'no report' : `reported ${Math.round(process.ageSeconds)} s ago`);
  const gauge = (metric: string) => process?.samples.find((sample) => sample.name === metric);
  const started = gauge(M.started)?.value;
  const version = gauge(M.build)?.labels.version;
  const [resident, peak] = [gauge(M.resident)?.value ?? null, gauge(M.peak)?.value ?? null];
  const uptime = started === undefined ? null : Math.max(time - started, 0);
  write(facts, `${format.bytes(resident)} · peak ${format.bytes(peak)} · up ${format.seconds(uptime)}`);
  element.title = `${process?.instance ?? ''} ${version ?? ''}`.trim();
}

const showFinding =
  (time: number) =>
  (element: HTMLElement, { rule, value, names, since, isFiring }: Finding): void => {
    const [summary, number, detail] = element.children;
    if (summary === undefined || number === undefined || detail === undefined) return;
    const text = format[rule.format] as (value: number) => string;
    mark(element, 'firing', isFiring && rule.severity === 'page');
    mark(element, 'ticket', isFiring && rule.severity === 'ticket');
    write(summary, names.length === 0 ? rule.summary : `${rule.summary}: ${names.join(', ')}`);
    write(number, `${text(value)} (${rule.side === 'above' ? '>' : '<'} ${text(rule.threshold)})`);
    const lasted = format.seconds(Math.round(time - since));
    write(detail, `${rule.name} · ${isFiring ? `firing, for ${lasted}` : `pending, ${lasted} of ${rule.hold} s`}`);
  };
