import { fill, h } from '../../dom.ts';

/** Shorter ones are guessed too fast, whatever the key derivation. */
const SHORTEST = 10;

let count = 0;

/**
 * A passphrase, and a button that does something with it.
 * @param act returns what is wrong, for a person; null if it worked
 */
export function passphraseForm(
  label: string,
  autocomplete: 'new-password' | 'current-password',
  act: (passphrase: string) => Promise<string | null>,
): HTMLFormElement {
  const id = `passphrase-${++count}`;
  const input = h('input', {
    id,
    type: 'password',
    autocomplete,
    required: true,
    minlength: autocomplete === 'new-password' ? SHORTEST : 1,
    'aria-describedby': `${id}-error`,
  });
  const failure = h('p', { id: `${id}-error`, class: 'field-error', role: 'alert' });
  const button = h('button', { class: 'secondary', type: 'submit' }, label);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    button.disabled = true;
    button.textContent = 'A moment…';
    const problem = await act(input.value).catch(() => 'That did not work.');
    input.value = '';
    button.disabled = false;
    button.textContent = label;
    fill(failure, problem);
    if (problem) input.focus();
  };
  const hint = autocomplete === 'new-password' ? ` (${SHORTEST} characters at least)` : '';
  return h(
    'form',
    { class: 'passphrase', on: { submit } },
    // Password managers file a passphrase under a name.
    h('input', {
      type: 'text',
      name: 'username',
      autocomplete: 'username',
      value: 'Veilpass identity',
      hidden: true,
      readonly: true,
    }),
    h('label', { for: id, class: 'field-label' }, `Passphrase${hint}`),
    h('div', { class: 'field-row' }, input, button),
    failure,
  );
}
