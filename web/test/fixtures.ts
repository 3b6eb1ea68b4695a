import type { Track } from '../src/room/config.ts';

/** A field element with this number at its end. */
export const field = (number: number) => `0x${String(number).padStart(64, '0')}`;

/** What a server could say. */
export const CONFIG = {
  api: 'http://127.0.0.1:8080',
  registry_id: field(9),
  audience: 'http://localhost:5190',
  cluster: 'localnet',
  program_id: '85LygQCuWeDg7mLnVBoXtNfU3CSkvGiGZYDWRns2Mwrp',
  rpc: 'http://127.0.0.1:8899',
  explorer: null as string | null,
  demo: true,
  tracks: ['first-light', 'night-bus', 'salt-and-static', 'attic-tape'].map((slug, at) => ({
    track_id: field(at + 1),
    slug,
    title: slug,
    artist: 'Somebody',
    media: `/media/${slug}`,
    seconds: 24,
    swatch: (['#f2b46d', '#7a4b8c'] as Track['swatch']).slice(),
  })),
};
