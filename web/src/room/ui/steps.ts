import { type Child, h } from '../dom.ts';
import type { Room } from '../room.ts';
import { walletDialog } from './dialogs/connect.ts';
import { identityDialog } from './dialogs/identity.ts';

interface Step {
  title: string;
  text: string;
  isDone: boolean;
  action: { label: string; act: () => void } | null;
}

/** The three steps to the sound; only the next one has a button. */
export class Steps {
  readonly element = h('ol', { class: 'steps' });
  #shown: string[] = [];

  constructor(readonly room: Room) {}

  update(): void {
    const steps = this.#steps();
    const current = steps.findIndex((step) => !step.isDone);
    for (const [at, step] of steps.entries()) {
      const isCurrent = at === current;
      const shown = `${step.isDone}/${isCurrent}/${step.action?.label}`;
      // Only what changed: a new button would lose the focus of the old one.
      if (shown === this.#shown[at]) continue;
      this.#shown[at] = shown;
      const element = item(step, at, isCurrent);
      const before = this.element.children[at];
      if (before) before.replaceWith(element);
      else this.element.append(element);
    }
  }

  #steps(): Step[] {
    const { room } = this;
    return [
      {
        title: 'Connect a wallet',
        text: 'To see which tokens it holds, and to sign once. It pays nothing.',
        isDone: room.wallet !== null,
        action: { label: 'Connect a wallet', act: () => void walletDialog(room) },
      },
      {
        title: 'Make an identity',
        text: 'A secret of this device. What you listen to hangs on it, not on your wallet.',
        isDone: room.identity !== null,
        action: room.isIdentityLoading ? null : { label: 'Make or restore one', act: () => void identityDialog(room) },
      },
      {
        title: 'Prove, and listen',
        text: 'Choose a recording. That you are one of its holders is all that is proved.',
        isDone: false,
        action: null,
      },
    ];
  }
}

function item(step: Step, at: number, isCurrent: boolean): HTMLElement {
  const content: Child[] = [
    h('span', { class: 'step-number', 'aria-hidden': 'true' }, step.isDone ? '✓' : String(at + 1)),
    h('h3', {}, step.title, step.isDone && h('span', { class: 'visually-hidden' }, ' (done)')),
    h('p', {}, step.text),
  ];
  if (isCurrent && step.action) {
    content.push(h('button', { class: 'primary', type: 'button', on: { click: step.action.act } }, step.action.label));
  }
  return h('li', { class: step.isDone ? 'step done' : 'step', 'aria-current': isCurrent ? 'step' : false }, ...content);
}
