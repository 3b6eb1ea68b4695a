import type { WalletHandle } from '@veilpass/sdk';
import { fill, h } from '../../dom.ts';
import type { Room } from '../../room.ts';
import { DEMO_WALLET } from '../../wallet/demo-wallet.ts';
import { openDialog } from './dialog.ts';

/** Chooses a wallet, or lets go of the one that is connected. */
export async function walletDialog(room: Room): Promise<void> {
  if (room.wallet) return connectedDialog(room);
  await openDialog(
    'Connect a wallet',
    (close) => {
      const failure = h('p', { class: 'field-error', role: 'alert' });
      const connect = async (handle: WalletHandle) => {
        fill(failure);
        try {
          await room.connect(handle);
          close();
        } catch {
          fill(failure, `${handle.name} did not connect. Unlock it, approve this page, and try again.`);
        }
      };
      const list = h('ul', { class: 'wallets' });
      let shown: readonly WalletHandle[] | null = null;
      const show = () => {
        // New buttons would lose the focus of the old ones.
        if (shown === room.wallets) return;
        shown = room.wallets;
        fill(list, ...room.wallets.map((handle) => h('li', {}, walletButton(handle, connect))));
        list.hidden = room.wallets.length === 0;
        none.hidden = !list.hidden;
      };
      const none = h(
        'p',
        { class: 'notice' },
        'No Solana wallet was found in this browser. Install one that can sign messages, then reload this page.',
      );
      show();
      // A wallet's script may come after ours.
      const stop = room.onChange(() => (list.isConnected ? show() : stop()));
      return [
        h(
          'p',
          {},
          'The wallet is asked for its address, and later for one signature. It is not asked to pay or to move anything.',
        ),
        list,
        none,
        failure,
      ];
    },
    'connect',
  );
}

function walletButton(handle: WalletHandle, connect: (handle: WalletHandle) => void): HTMLElement {
  const isDemo = handle.name === DEMO_WALLET;
  return h(
    'button',
    { class: 'choice', type: 'button', on: { click: () => connect(handle) } },
    h('span', { class: 'monogram', 'aria-hidden': 'true' }, handle.name.charAt(0)),
    h(
      'span',
      { class: 'choice-text' },
      h('strong', {}, handle.name),
      h(
        'small',
        {},
        isDemo
          ? 'A key that this page makes for you, kept in this browser. For this local demo: it holds nothing of worth.'
          : 'In this browser.',
      ),
    ),
  );
}

async function connectedDialog(room: Room): Promise<void> {
  await openDialog(
    room.walletName,
    (close) => [
      h(
        'p',
        {},
        'This page knows the address, to look up which tokens it holds. Listening does not use it: once enrolled, proofs are made without the wallet.',
      ),
      h('p', { class: 'mono break' }, room.wallet?.address ?? ''),
      h(
        'div',
        { class: 'buttons' },
        h(
          'button',
          { class: 'secondary', type: 'button', on: { click: () => void room.disconnect().then(() => close()) } },
          'Disconnect',
        ),
      ),
    ],
    'connected',
  );
}
