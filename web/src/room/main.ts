import { loadConfig } from './config.ts';
import { byId, fill, h } from './dom.ts';
import { Room } from './room.ts';
import { colourPage } from './theme.ts';
import { approveSignature } from './ui/dialogs/sign.ts';
import { Home } from './ui/home.ts';
import { masthead } from './ui/masthead.ts';
import { TrackPage } from './ui/track-page.ts';
import type { View } from './ui/view.ts';
import { registerDemoWallet } from './wallet/demo-wallet.ts';

const main = byId('main');

async function start(): Promise<void> {
  const room = new Room(await loadConfig());
  if (room.config.demo) registerDemoWallet(approveSignature);
  const updateMasthead = masthead(room, byId('tools'));
  fill(byId('colophon'), ...colophon(room));

  let view: View | null = null;
  let isDue = false;
  const update = () => {
    isDue = false;
    updateMasthead();
    view?.update();
  };
  // Many changes in a row are one drawing. Not by animation frames: those stop in a hidden tab, where proofs go on.
  room.onChange(() => {
    if (!isDue) queueMicrotask(update);
    isDue = true;
  });

  const show = (isFirst: boolean) => {
    view?.close();
    const access = room.tracks.find(({ track }) => `#/${track.slug}` === location.hash);
    view = access ? new TrackPage(access) : new Home(room);
    document.title = view.title;
    colourPage(access?.track.swatch ?? null);
    fill(main, view.element);
    update();
    if (isFirst) return;
    scrollTo(0, 0);
    view.heading.focus();
  };
  addEventListener('hashchange', () => show(false));
  // Not a page: the address stays as it is.
  document.querySelector('.skip')?.addEventListener('click', (event) => {
    event.preventDefault();
    main.focus();
  });
  // First, so that the page does not begin with what it does not need.
  await room.recall();
  show(true);
  await room.open();
}

function colophon(room: Room): HTMLElement[] {
  const { cluster, programId, demo } = room.config;
  return [
    h(
      'p',
      {},
      'Proofs are made with Veilpass: zero knowledge, a nullifier for each period, and no list of who listens.',
    ),
    h('p', { class: 'mono' }, `${cluster} · program ${programId}`),
    ...(demo ? [h('p', {}, 'A demo on this machine: its chain, its tokens and its wallet are for trying out.')] : []),
  ];
}

start().catch((error: unknown) => {
  console.error(error);
  fill(
    main,
    h(
      'section',
      { class: 'refusal' },
      h('h1', {}, 'The room is closed'),
      h('p', {}, 'This page could not load its settings. Reload it; if it stays so, tell whoever runs it.'),
    ),
  );
});
