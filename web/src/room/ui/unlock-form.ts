import { h } from '../dom.ts';
import type { TrackAccess } from '../unlock/access.ts';

interface Option<T> {
  value: T;
  title: string;
  text: string;
}

const METHODS: readonly Option<'device' | 'delegated'>[] = [
  { value: 'device', title: 'On this device', text: 'Your secret stays here. The service sees the proof alone.' },
  {
    value: 'delegated',
    title: 'By the prover',
    text: 'For slow devices: your secret goes to the prover, sealed, and the prover must be trusted with it.',
  },
];
const SETTLEMENTS: readonly Option<'offchain' | 'onchain'>[] = [
  {
    value: 'offchain',
    title: 'By the service',
    text: 'At once. The service checks the proof and remembers the nullifier.',
  },
  {
    value: 'onchain',
    title: 'On Solana',
    text: 'A second or two more. A program checks the proof; the relayer sends and pays.',
  },
];

/** How to prove and where to settle, and the button that begins. */
export function unlockForm(access: TrackAccess): HTMLElement {
  const { choice } = access;
  return h(
    'form',
    {
      class: 'unlock',
      on: {
        submit: (event) => {
          event.preventDefault();
          void access.unlock();
        },
      },
    },
    group('method', 'Where is it proved?', METHODS, choice.method, (value) => Object.assign(choice, { method: value })),
    group('settle', 'Who checks it?', SETTLEMENTS, choice.settle, (value) => Object.assign(choice, { settle: value })),
    h(
      'div',
      { class: 'unlock-go' },
      h('button', { class: 'primary large', type: 'submit' }, 'Prove and listen'),
      h('p', { class: 'fine' }, 'The first time, your wallet signs one text to enrol the token.'),
    ),
  );
}

function group<T extends string>(
  name: string,
  legend: string,
  options: readonly Option<T>[],
  chosen: T,
  choose: (value: T) => void,
): HTMLElement {
  return h(
    'fieldset',
    { class: 'options' },
    h('legend', {}, legend),
    ...options.map(({ value, title, text }) => {
      const id = `${name}-${value}`;
      return h(
        'div',
        { class: 'option' },
        h('input', {
          type: 'radio',
          id,
          name,
          value,
          checked: value === chosen,
          'aria-describedby': `${id}-text`,
          on: { change: () => choose(value) },
        }),
        h('label', { for: id }, h('strong', {}, title), h('small', { id: `${id}-text` }, text)),
      );
    }),
  );
}
