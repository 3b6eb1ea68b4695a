import { type Child, fill, h } from '../dom.ts';
import { abbreviate, milliseconds, remaining } from '../format.ts';
import type { TrackAccess } from '../unlock/access.ts';
import { icon } from './icons.ts';

/** The steps that make a proof. Of a prover's, those that pass between two messages are not told apart. */
const PROVING = {
  device: ['device:proving'],
  delegated: ['leased', 'path', 'witness', 'proving', 'verifying'].map((stage) => `prover:${stage}`),
} as const;

/** What became of the proof: the settlement, the period, the grant. */
export class Notes {
  readonly element = h('dl', { class: 'notes' });
  readonly #grant = h('dd', { class: 'note-grant' });
  readonly #ticking: ReturnType<typeof setInterval>;

  constructor(readonly access: TrackAccess) {
    fill(this.element, ...this.#entries());
    this.#ticking = setInterval(() => this.update(), 1000);
    this.update();
  }

  /** The grant's state changes while one listens. */
  update(): void {
    const { renewal } = this.access;
    if (!renewal) return;
    this.#grant.dataset.state = renewal.state;
    const text =
      renewal.state === 'ended'
        ? 'Ended: it was not renewed. What is loaded plays on.'
        : `Renews itself; this one is good for ${remaining(renewal.grant.expiresAt - Date.now() / 1000)}`;
    fill(this.#grant, text);
  }

  close(): void {
    clearInterval(this.#ticking);
  }

  #entries(): Child[] {
    const { verification, room, ledger, choice, isKept, sessionEnd } = this.access;
    const transaction = verification?.transaction;
    const entry = (term: string, ...content: Child[]) => h('div', {}, h('dt', {}, term), h('dd', {}, ...content));
    const end = room.periodEnd;
    const proving = ledger?.spent(...PROVING[choice.method]) ?? 0;
    return [
      entry(
        'Proved',
        `${ledger ? '' : 'earlier, '}${choice.method === 'device' ? 'on this device' : 'by the prover, from a sealed witness'}${proving > 0 ? `, in ${milliseconds(proving)}` : ''}`,
      ),
      transaction
        ? h(
            'div',
            {},
            h('dt', {}, 'Transaction'),
            h(
              'dd',
              { class: 'mono', 'data-signature': transaction.signature, 'data-slot': transaction.slot },
              this.#transaction(transaction.signature),
            ),
          )
        : entry('Settled', 'by the service, off chain'),
      transaction?.slot ? entry('Slot', h('span', { class: 'mono' }, String(transaction.slot))) : null,
      entry(
        'Period',
        verification ? h('span', { class: 'mono' }, `${verification.epoch}`) : '',
        end ? `, ends in ${remaining(end - Date.now() / 1000)}` : '',
      ),
      entry(
        'Session',
        isKept
          ? 'kept on this device, so a reload changes nothing'
          : 'ends with this page: this browser cannot keep it',
        sessionEnd ? `; it ends in ${remaining(sessionEnd - Date.now() / 1000)}` : '',
      ),
      h('div', {}, h('dt', {}, 'Grant'), this.#grant),
    ];
  }

  #transaction(signature: string): Child {
    const { explorer } = this.access.room.config;
    const short = abbreviate(signature, 12, 8);
    if (!explorer) return h('span', { title: signature }, short);
    const href = explorer.replace('{signature}', encodeURIComponent(signature));
    return h('a', { href, rel: 'noreferrer', target: '_blank' }, short, icon('out'));
  }
}
