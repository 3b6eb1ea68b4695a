import { type Child, h } from '../../dom.ts';
import { icon } from '../icons.ts';

/** What is in a dialog, given how to end it with a value. */
export type Body<T> = (close: (value?: T) => void) => Child[];

let count = 0;

/**
 * Shows a modal dialog, and waits for its end. The browser keeps the focus inside, gives it back afterwards, and ends it with
 * Escape. @returns what it was closed with; undefined if it was dismissed
 */
export function openDialog<T = never>(title: string, body: Body<T>, name: string): Promise<T | undefined> {
  return new Promise((resolve) => {
    const id = `dialog-${++count}`;
    let result: T | undefined;
    const close = (value?: T) => {
      result = value;
      dialog.close();
    };
    const dialog: HTMLDialogElement = h(
      'dialog',
      {
        class: `dialog ${name}`,
        'aria-labelledby': id,
        on: {
          close: () => {
            dialog.remove();
            resolve(result);
          },
          // A click on the backdrop is one on the dialog itself, since the content covers all of it.
          click: (event) => event.target === dialog && dialog.close(),
        },
      },
      h(
        'div',
        { class: 'dialog-body' },
        h(
          'header',
          { class: 'dialog-head' },
          h('h2', { id, tabindex: -1, autofocus: true }, title),
          h(
            'button',
            { class: 'quiet round', type: 'button', 'aria-label': 'Close', on: { click: () => dialog.close() } },
            icon('close'),
          ),
        ),
        ...body(close),
      ),
    );
    document.body.append(dialog);
    dialog.showModal();
  });
}
