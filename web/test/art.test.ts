import { describe, expect, test } from 'vitest';
import { mix, parseColour } from '../src/room/art/colour.ts';
import { cover, motifs, SIDE } from '../src/room/art/cover.ts';
import { seeded } from '../src/room/art/random.ts';
import { contrast, tint } from '../src/room/art/tint.ts';

const SWATCHES: [string, string][] = [
  ['#f2b46d', '#7a4b8c'],
  ['#3f6fb5', '#141b34'],
  ['#7fc4b4', '#2b4a52'],
  ['#c96f5e', '#43302b'],
  ['#ffffff', '#000000'],
  ['#ffff00', '#ffff01'],
];
/** The grounds of the style sheet's themes. */
const THEMES = [
  ['#eff1f0', '#fafbfa', '#e0e4e4'],
  ['#0f1215', '#171b1f', '#21272c'],
];

describe('covers', () => {
  test('are the same each time, and unlike each other', () => {
    for (let motif = 0; motif < 4; motif++) {
      const one = cover('first-light', ['#f2b46d', '#7a4b8c'], motif);
      expect(one).toEqual(cover('first-light', ['#f2b46d', '#7a4b8c'], motif));
      expect(one).not.toEqual(cover('night-bus', ['#f2b46d', '#7a4b8c'], motif));
      expect(one[0]?.attributes).toMatchObject({ width: SIDE, height: SIDE });
    }
  });

  test('hold numbers and colours only, so that nothing of a name gets into the page', () => {
    for (let motif = 0; motif < 4; motif++) {
      for (const { attributes } of cover('"><script>', ['#f2b46d', '#7a4b8c'], motif)) {
        for (const value of Object.values(attributes))
          expect(String(value)).toMatch(/^(none|#[0-9a-f]{6}|[MLAZ\d. -]+)$/);
      }
    }
  });

  test('of a catalogue of four all have another motif, whatever they are called', () => {
    for (const slugs of [
      ['first-light', 'night-bus', 'salt-and-static', 'attic-tape'],
      ['a', 'b', 'c', 'd'],
      ['same', 'same', 'same', 'same'],
    ]) {
      expect(new Set(motifs(slugs)).size).toBe(4);
    }
    expect(motifs(Array(9).fill('same'))).toHaveLength(9);
  });

  test('draw from a generator whose values are spread', () => {
    const draw = seeded(7);
    const values = Array.from({ length: 2000 }, draw);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...values)).toBeLessThan(1);
    expect(mean).toBeCloseTo(0.5, 1);
  });
});

describe('tints', () => {
  test.each(SWATCHES)('of %s and %s can be read on every ground, and what stands on them too', (first, second) => {
    for (const grounds of THEMES) {
      const { accent, accentInk } = tint([first, second], grounds);
      for (const ground of grounds)
        expect(contrast(parseColour(accent), parseColour(ground))).toBeGreaterThanOrEqual(4.5);
      expect(contrast(parseColour(accent), parseColour(accentInk))).toBeGreaterThanOrEqual(4.5);
    }
  });

  test('contrast is that of WCAG', () => {
    expect(contrast([0, 0, 0], [255, 255, 255])).toBeCloseTo(21, 5);
    expect(contrast([119, 119, 119], [255, 255, 255])).toBeCloseTo(4.48, 2);
  });

  test('colours that are none are refused', () => {
    for (const text of ['#fff', 'red', '#12345g', '', '#1234567']) expect(() => parseColour(text)).toThrow(RangeError);
    expect(mix([0, 0, 0], [100, 200, 50], 0.5)).toEqual([50, 100, 25]);
  });
});
