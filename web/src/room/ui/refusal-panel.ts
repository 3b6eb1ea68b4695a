import { h } from '../dom.ts';
import { remaining } from '../format.ts';
import type { Action, Refusal } from '../unlock/refusals.ts';

const LABELS: Readonly<Record<Action, string>> = {
  desk: 'Get a token from the demo desk',
  again: 'Try again',
  device: 'Prove on this device',
  catalogue: 'Back to the catalogue',
  identity: 'Your identity',
  connect: 'Connect another wallet',
};

/** A panel that says what happened and what to do. It gets the focus from who puts it in the page. */
export function refusalPanel(refusal: Refusal, act: (action: Action) => void): HTMLElement {
  const later = refusal.retryAfter ? ` It said: in ${remaining(refusal.retryAfter)}.` : '';
  return h(
    'section',
    { class: 'refusal', 'aria-label': refusal.title, 'data-code': refusal.code },
    h('h2', { tabindex: -1 }, refusal.title),
    h('p', {}, refusal.what),
    h('p', { class: 'next' }, refusal.next + later),
    h(
      'div',
      { class: 'buttons' },
      ...refusal.actions.map((action, at) =>
        h(
          'button',
          { class: at === 0 ? 'primary' : 'secondary', type: 'button', on: { click: () => act(action) } },
          LABELS[action],
        ),
      ),
    ),
    h('p', { class: 'code mono' }, refusal.code),
  );
}
