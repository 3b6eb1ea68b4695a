import { fill, h } from '../dom.ts';
import { abbreviate } from '../format.ts';
import type { Room } from '../room.ts';
import { chooseTheme, followTheme, theme } from '../theme.ts';
import { walletDialog } from './dialogs/connect.ts';
import { identityDialog } from './dialogs/identity.ts';
import { icon } from './icons.ts';

/** The tools at the top: identity, wallet, theme. The buttons stay, so that the focus does. */
export function masthead(room: Room, tools: HTMLElement): () => void {
  const identity = h('button', { class: 'tool', type: 'button', on: { click: () => void identityDialog(room) } });
  const wallet = h('button', { class: 'tool', type: 'button', on: { click: () => void walletDialog(room) } });
  const light = h('button', {
    class: 'quiet round',
    type: 'button',
    on: {
      click: () => {
        chooseTheme(theme() === 'dark' ? 'light' : 'dark');
        showTheme();
      },
    },
  });
  const showTheme = () => {
    const isDark = theme() === 'dark';
    fill(light, icon(isDark ? 'sun' : 'moon'));
    light.setAttribute('aria-label', isDark ? 'Light colours' : 'Dark colours');
  };
  followTheme(showTheme);
  showTheme();
  fill(tools, identity, wallet, light);
  return () => {
    const address = room.wallet?.address;
    identity.dataset.state = room.identity ? 'there' : 'missing';
    fill(
      identity,
      h('span', { class: 'dot', 'aria-hidden': 'true' }),
      h('span', {}, 'Identity'),
      h('span', { class: 'visually-hidden' }, room.identity ? ', on this device' : ', none yet'),
    );
    wallet.dataset.state = address ? 'there' : 'missing';
    fill(
      wallet,
      h('span', { class: 'dot', 'aria-hidden': 'true' }),
      address ? h('span', { class: 'visually-hidden' }, `${room.walletName}, `) : null,
      h('span', { class: address ? 'mono' : '' }, address ? abbreviate(address) : 'Connect'),
    );
  };
}
