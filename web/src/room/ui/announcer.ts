import { byId } from '../dom.ts';

/** Tells a screen reader something, after what it is saying. */
export function announce(text: string): void {
  byId('announcer').textContent = text;
}
