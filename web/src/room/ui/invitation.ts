import { h } from '../dom.ts';

/** What is needed before one can go on, and the button to it. */
export function invitation(text: string, label: string, act: () => void): { content: [Element]; focus: () => void } {
  const button = h('button', { class: 'primary large', type: 'button', on: { click: act } }, label);
  return { content: [h('div', { class: 'invitation' }, h('p', {}, text), button)], focus: () => button.focus() };
}
