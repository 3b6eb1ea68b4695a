import { describe, expect, test } from 'vitest';
import { parseConfig } from '../src/room/config.ts';
import { CONFIG } from './fixtures.ts';

describe('config.json', () => {
  test('is taken as it is', () => {
    const config = parseConfig(CONFIG);
    expect(config.registryId).toBe(CONFIG.registry_id);
    expect(config.tracks.map(({ slug }) => slug)).toEqual(CONFIG.tracks.map(({ slug }) => slug));
    expect(config.explorer).toBeNull();
  });

  const track = CONFIG.tracks[0] as (typeof CONFIG.tracks)[0];
  test.each([
    ['an id above the modulus', { registry_id: `0x${'f'.repeat(64)}` }, 'registry_id'],
    ['an id in capitals', { registry_id: `0x${'A'.repeat(64)}` }, 'registry_id'],
    ['an API that is a script', { api: 'javascript:alert(1)' }, 'api'],
    ['an explorer that is a script', { explorer: 'javascript:alert("{signature}")' }, 'explorer'],
    ['a program that is no address', { program_id: '0OIl' }, 'program_id'],
    ['no tracks', { tracks: [] }, 'tracks'],
    ['a recording of another host', { tracks: [{ ...track, media: '//elsewhere.example/a' }] }, 'media'],
    ['a recording by its URL', { tracks: [{ ...track, media: 'https://elsewhere.example/a' }] }, 'media'],
    ['a colour that is none', { tracks: [{ ...track, swatch: ['red', '#000000'] }] }, 'colour'],
    ['a name that leads elsewhere', { tracks: [{ ...track, slug: '../x' }] }, 'slug'],
  ])('with %s is refused, and the field is named', (_what, change, named) => {
    expect(() => parseConfig({ ...CONFIG, ...change })).toThrow(named);
  });
});
