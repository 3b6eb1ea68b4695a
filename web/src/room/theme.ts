import { tint } from './art/tint.ts';

/** A person's choice; without one the system's counts. */
export type Theme = 'light' | 'dark';

const KEY = 'theme';
let coloured: readonly [string, string] | null = null;
const DARK = matchMedia('(prefers-color-scheme: dark)');

/** What is shown now. */
export function theme(): Theme {
  const chosen = localStorage.getItem(KEY);
  if (chosen === 'light' || chosen === 'dark') return chosen;
  return DARK.matches ? 'dark' : 'light';
}

export function chooseTheme(chosen: Theme): void {
  localStorage.setItem(KEY, chosen);
  applyTheme();
}

/** Colours this page as a track's cover is; null for the room's own colours. By CSSOM: no style attribute is parsed. */
export function colourPage(swatch: readonly [string, string] | null): void {
  coloured = swatch;
  applyTheme();
}

/** Writes the theme where the style sheet reads it, now and when the system's changes. */
export function followTheme(onChange: () => void): void {
  applyTheme();
  DARK.addEventListener('change', () => {
    applyTheme();
    onChange();
  });
}

function applyTheme(): void {
  const root = document.documentElement;
  root.dataset.theme = theme();
  root.style.removeProperty('--accent');
  root.style.removeProperty('--accent-ink');
  if (!coloured) return;
  const style = getComputedStyle(root);
  const grounds = ['--paper', '--sheet', '--veil'].map((name) => style.getPropertyValue(name).trim());
  const { accent, accentInk } = tint(coloured, grounds);
  root.style.setProperty('--accent', accent);
  root.style.setProperty('--accent-ink', accentInk);
}
