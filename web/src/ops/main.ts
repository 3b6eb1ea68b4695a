import 'uplot/dist/uPlot.min.css';
import './styles/base.css';
import './styles/status.css';
import './styles/cards.css';
import './styles/figures.css';
import './styles/widths.css';
import { Alerts } from './alerts.ts';
import { mark, write } from './dom.ts';
import { ask, keep, keptKey } from './key.ts';
import { KEPT_SECONDS, Model, type Report } from './model.ts';
import { panels } from './panels.ts';
import { NoAnswer, NotAnOperator, reports } from './source.ts';
import { type Values, valuesOf } from './values.ts';
import { viewOf } from './view.ts';

/** How often the page looks. */
const INTERVAL_MS = 3000;

function element<E extends Element>(selector: string): E {
  const found = document.querySelector<E>(selector);
  if (found === null) throw new Error(`the page has no ${selector}`);
  return found;
}

const form = element<HTMLFormElement>('#key');
const page = element<HTMLElement>('#page');
const state = element<HTMLElement>('#state');
const pause = element<HTMLButtonElement>('#pause');
const forget = element<HTMLButtonElement>('#forget');

const [model, alerts, parts] = [new Model(), new Alerts(), panels()];
const times: number[] = [];
const looks: Values[] = [];
let isPaused = false;
let wake = () => {};
let stop = new AbortController();

page.append(...parts.map((part) => part.element));

pause.onclick = () => {
  isPaused = !isPaused;
  pause.setAttribute('aria-pressed', String(isPaused));
  write(pause, isPaused ? 'Go on' : 'Pause');
  if (isPaused) say('paused', 'paused');
  else wake();
};
forget.onclick = () => {
  keep(null);
  stop.abort();
  location.reload();
};
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
  for (const part of parts) for (const plot of part.plots) plot.repaint();
});

function say(text: string, kind: 'live' | 'paused' | 'trouble'): void {
  write(state, text);
  for (const other of ['live', 'paused', 'trouble']) mark(state, other, other === kind);
}

function show(all: readonly Report[]): void {
  const time = Date.now() / 1000;
  model.push(all, time);
  const view = viewOf(model);
  times.push(time);
  looks.push(valuesOf(view));
  const old = times.findIndex((other) => other >= time - KEPT_SECONDS);
  times.splice(0, Math.max(old, 0));
  looks.splice(0, Math.max(old, 0));
  const findings = alerts.judge(view, time);
  for (const part of parts) part.show({ view, findings, time, times, values: looks });
  const firing = findings.filter((finding) => finding.isFiring).length;
  document.title = firing === 0 ? 'Veilpass operations' : `(${firing}) Veilpass operations`;
}

/** Looks until the key turns out to be none. */
async function follow(key: string): Promise<string> {
  forget.hidden = false;
  pause.hidden = false;
  for (;;) {
    if (!isPaused) {
      try {
        show(await reports(key, stop.signal));
        page.hidden = false;
        say(isPaused ? 'paused' : `live · ${new Date().toLocaleTimeString('en-GB')}`, isPaused ? 'paused' : 'live');
      } catch (error) {
        if (error instanceof NotAnOperator) return error.message;
        say(error instanceof NoAnswer ? error.message : 'The page has an error.', 'trouble');
        if (!(error instanceof NoAnswer)) throw error;
      }
    }
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, INTERVAL_MS);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

let words = '';
for (let key = keptKey(); ; key = null) {
  key ??= await ask(form, words);
  stop = new AbortController();
  words = await follow(key);
  keep(null);
  page.hidden = true;
  say('no key', 'paused');
}
