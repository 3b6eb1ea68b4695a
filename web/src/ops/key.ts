const PLACE = 'veilpass-operator-key';

/** The key of this tab, if it was to be kept. Never in the URL, and never beyond the tab. */
export function keptKey(): string | null {
  return sessionStorage.getItem(PLACE);
}

/** Keeps the key until the tab is closed, or forgets it. */
export function keep(key: string | null): void {
  if (key === null) sessionStorage.removeItem(PLACE);
  else sessionStorage.setItem(PLACE, key);
}

/** Asks for a key in this form until one is given. */
export function ask(form: HTMLFormElement, words: string): Promise<string> {
  const input = form.querySelector<HTMLInputElement>('input[type=password]');
  const remember = form.querySelector<HTMLInputElement>('input[type=checkbox]');
  const said = form.querySelector('[role=alert]');
  if (input === null || remember === null || said === null) throw new Error('the page has no form for the key');
  said.textContent = words;
  input.setAttribute('aria-invalid', String(words !== ''));
  form.hidden = false;
  input.focus();
  return new Promise((resolve) => {
    form.onsubmit = (event) => {
      event.preventDefault();
      const key = input.value.trim();
      // What cannot stand in a header cannot be a key.
      if (!/^[\x21-\x7e]+$/.test(key)) {
        said.textContent = 'A key has visible ASCII characters only.';
        return;
      }
      input.value = '';
      keep(remember.checked ? key : null);
      form.hidden = true;
      resolve(key);
    };
  });
}
