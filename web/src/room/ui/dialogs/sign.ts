import { h } from '../../dom.ts';
import { openDialog } from './dialog.ts';

/** The demo wallet's question: shows the text exactly as it would be signed. */
export async function approveSignature(text: string): Promise<boolean> {
  const approved = await openDialog<boolean>(
    'Sign this text?',
    (close) => [
      h('p', {}, 'The demo wallet asks, as any wallet would. This is all of it; signing moves nothing.'),
      h('pre', { class: 'signed-text', tabindex: 0, 'aria-label': 'The text to sign' }, text),
      h(
        'div',
        { class: 'buttons' },
        h('button', { class: 'primary', type: 'button', on: { click: () => close(true) } }, 'Sign'),
        h('button', { class: 'secondary', type: 'button', on: { click: () => close(false) } }, 'Do not sign'),
      ),
    ],
    'sign',
  );
  return approved === true;
}
