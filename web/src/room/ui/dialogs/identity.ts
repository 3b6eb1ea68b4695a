import { Identity } from '@veilpass/sdk';
import { type Child, h } from '../../dom.ts';
import { abbreviate } from '../../format.ts';
import type { Room } from '../../room.ts';
import { announce } from '../announcer.ts';
import { openDialog } from './dialog.ts';
import { passphraseForm } from './passphrase-form.ts';

/** Makes, restores, backs up or forgets the identity. */
export async function identityDialog(room: Room): Promise<void> {
  await openDialog(
    'Your identity',
    (close) => (room.identity ? existing(room, room.identity, close) : none(room, close)),
    'identity',
  );
}

function none(room: Room, close: () => void): Child[] {
  const restore = h('input', { class: 'file', type: 'file', id: 'backup-file', accept: '.txt,text/plain' });
  return [
    h(
      'p',
      {},
      'A random secret, drawn on this device. Proofs are made with it, and it has nothing to do with your wallet. It leaves this device only in a backup that you make.',
    ),
    h(
      'div',
      { class: 'buttons' },
      h(
        'button',
        {
          class: 'primary',
          type: 'button',
          on: {
            click: async (event) => {
              (event.currentTarget as HTMLButtonElement).disabled = true;
              await room.adopt(Identity.create());
              announce('Your identity is made, and kept on this device.');
              close();
            },
          },
        },
        'Make my identity',
      ),
    ),
    h('h3', {}, 'You have one already?'),
    h(
      'p',
      {},
      'Restore it from its backup file. It is the same listener then: what it unlocked elsewhere in this period stays used.',
    ),
    h('div', {}, h('label', { for: 'backup-file', class: 'field-label' }, 'Backup file'), restore),
    passphraseForm('Restore', 'current-password', async (passphrase) => {
      const file = restore.files?.[0];
      if (!file) return 'Choose the backup file first.';
      try {
        await room.adopt(await Identity.restore(await file.text(), passphrase));
      } catch (error) {
        const locked = (error as { code?: unknown }).code === 'backup-locked';
        return locked ? 'The passphrase does not open this file.' : 'This file is not a backup, or it is damaged.';
      }
      announce('Your identity is restored.');
      close();
      return null;
    }),
    atRest(),
  ];
}

function existing(room: Room, identity: Identity, close: () => void): Child[] {
  const forget = h(
    'button',
    { class: 'danger', type: 'button', on: { click: () => confirmForget() } },
    'Forget it on this device',
  );
  const confirmForget = () => {
    if (forget.dataset.asked) return void room.forget().then(() => close());
    forget.dataset.asked = 'yes';
    forget.textContent = 'Really forget it';
    announce('Press again to forget it. Without a backup it cannot be had back.');
  };
  return [
    h('p', {}, 'It is on this device. Others see only its commitment, once, when you enrol:'),
    h('p', { class: 'mono break' }, abbreviate(identity.commitment, 18, 12)),
    h('h3', {}, 'Keep a backup'),
    h(
      'p',
      {},
      'An encrypted file. Whoever has the file and the passphrase can listen in your place, and no one can open it without.',
    ),
    passphraseForm('Download the backup', 'new-password', async (passphrase) => {
      download(await identity.backup(passphrase), 'veilpass-identity.txt');
      announce('The backup is downloaded.');
      return null;
    }),
    atRest(),
    h('div', { class: 'buttons apart' }, forget),
  ];
}

function atRest(): HTMLElement {
  return h(
    'details',
    { class: 'fine' },
    h('summary', {}, 'How it is kept here, and what that is good for'),
    h(
      'p',
      {},
      'The identity is in this browser’s database, encrypted with AES-256-GCM under a key that the browser uses for this page but does not hand out. That keeps it from other sites, from logs and from synchronised storage. It does not keep it from malicious code inside this page or from somebody who uses your unlocked browser: those can use the key as the page does. Nor from somebody who copies all of the browser’s files, since browsers keep such keys among them.',
    ),
    h(
      'p',
      {},
      'For each track that you unlocked the database also has, until the session ends, the session’s key, which is not handed out either, and which proof it goes with. So a reload locks nothing; and somebody who reads the database learns what you unlocked. Who forgets the identity forgets these too.',
    ),
  );
}

function download(text: string, name: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
  h('a', { href: url, download: name }).click();
  // After the browser has begun to read it.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
