import type { Cluster } from '@veilpass/sdk';
import { parseColour } from './art/colour.ts';
import { motifs } from './art/cover.ts';

/** A track of the catalogue. */
export interface Track {
  /** A field element: `0x` and 64 lowercase hexadecimal digits. */
  readonly id: string;
  readonly slug: string;
  readonly title: string;
  readonly artist: string;
  /** Path of the recording on this origin; it wants a grant. */
  readonly media: string;
  readonly seconds: number;
  readonly swatch: readonly [string, string];
  /** Of its cover. */
  readonly motif: number;
}

/** What the server of this page says about its deployment. */
export interface Config {
  readonly api: string;
  readonly registryId: string;
  readonly audience: string;
  readonly cluster: Cluster;
  readonly programId: string;
  readonly rpc: string;
  /** URL of a transaction with `{signature}` in it, if there is an explorer for the cluster. */
  readonly explorer: string | null;
  /** Whether the demo desk and the demo wallet are here. */
  readonly demo: boolean;
  readonly tracks: readonly Track[];
}

const FIELD = /^0x[0-3][0-9a-f]{63}$/;
const BASE58 = /^[1-9A-HJ-NP-Za-km-z]{32,44}$/;
const CLUSTER = /^(mainnet-beta|testnet|devnet|localnet)$/;
const SLUG = /^[a-z0-9]+(-[a-z0-9]+)*$/;

/** Fetches `/config.json`. */
export async function loadConfig(): Promise<Config> {
  const response = await fetch('/config.json', { cache: 'no-cache' });
  if (!response.ok) throw new Error(`config.json: status ${response.status}`);
  return parseConfig(await response.json());
}

/** Checks each value that is used later in a URL, in a request or in a drawing. @throws TypeError naming the field */
export function parseConfig(value: unknown): Config {
  const config = object(value, 'config');
  const tracks = config.tracks;
  if (!Array.isArray(tracks) || tracks.length === 0) throw new TypeError('config.tracks: a list of tracks is needed');
  return {
    api: httpUrl(config.api, 'api'),
    registryId: matching(config.registry_id, FIELD, 'registry_id'),
    audience: httpUrl(config.audience, 'audience'),
    cluster: matching(config.cluster, CLUSTER, 'cluster') as Cluster,
    programId: matching(config.program_id, BASE58, 'program_id'),
    rpc: httpUrl(config.rpc, 'rpc'),
    explorer: config.explorer === null || config.explorer === undefined ? null : httpUrl(config.explorer, 'explorer'),
    demo: config.demo === true,
    tracks: withMotifs(tracks.map(parseTrack)),
  };
}

function withMotifs(tracks: Omit<Track, 'motif'>[]): Track[] {
  const chosen = motifs(tracks.map(({ slug }) => slug));
  return tracks.map((track, at) => ({ ...track, motif: chosen[at] as number }));
}

function parseTrack(value: unknown): Omit<Track, 'motif'> {
  const track = object(value, 'tracks');
  const swatch = track.swatch;
  if (!Array.isArray(swatch) || swatch.length !== 2)
    throw new TypeError('config.tracks.swatch: two colours are needed');
  for (const colour of swatch) parseColour(text(colour, 'tracks.swatch'));
  const media = text(track.media, 'tracks.media');
  // A path, and not the beginning of a URL of another host.
  if (!/^\/[^/\\]/.test(media)) throw new TypeError('config.tracks.media: a path of this origin is needed');
  const seconds = track.seconds;
  if (typeof seconds !== 'number' || !(seconds > 0)) throw new TypeError('config.tracks.seconds: a length is needed');
  return {
    id: matching(track.track_id, FIELD, 'tracks.track_id'),
    slug: matching(track.slug, SLUG, 'tracks.slug'),
    title: text(track.title, 'tracks.title'),
    artist: text(track.artist, 'tracks.artist'),
    media,
    seconds,
    swatch: [swatch[0], swatch[1]],
  };
}

function object(value: unknown, field: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) throw new TypeError(`${field}: an object is needed`);
  return value as Record<string, unknown>;
}

function text(value: unknown, field: string): string {
  if (typeof value !== 'string' || value === '') throw new TypeError(`config.${field}: a text is needed`);
  return value;
}

function matching(value: unknown, pattern: RegExp, field: string): string {
  const found = text(value, field);
  if (!pattern.test(found)) throw new TypeError(`config.${field}: not in the expected form`);
  return found;
}

function httpUrl(value: unknown, field: string): string {
  const found = text(value, field);
  const url = URL.canParse(found) ? new URL(found) : null;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') throw new TypeError(`config.${field}: a URL is needed`);
  return found.replace(/\/$/, '');
}
