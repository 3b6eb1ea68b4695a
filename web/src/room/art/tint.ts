import { hex, luminance, mix, parseColour, type Rgb } from './colour.ts';

/** Contrast of text after WCAG 2 (AA). */
const CONTRAST = 4.5;
const STEP = 0.04;

/** What a page of one track is coloured with, `#rrggbb`. */
export interface Tint {
  accent: string;
  /** Text on the accent. */
  accentInk: string;
}

/** Contrast ratio of two colours after WCAG 2, 1 to 21. */
export function contrast(a: Rgb, b: Rgb): number {
  const [la, lb] = [luminance(a), luminance(b)];
  return (Math.max(la, lb) + 0.05) / (Math.min(la, lb) + 0.05);
}

/**
 * A swatch's two colours, each darkened or lightened until it can be read as text on all of these grounds: the one that is then the
 * more colourful.
 * @param grounds `#rrggbb`, all light or all dark
 */
export function tint(swatch: readonly [string, string], grounds: readonly string[]): Tint {
  const papers = grounds.map(parseColour);
  const isDark = luminance(papers[0] as Rgb) < 0.2;
  const [first, second] = swatch.map((colour) => readable(parseColour(colour), papers, isDark)) as [Rgb, Rgb];
  const accent = saturation(first) > saturation(second) ? first : second;
  const inks: Rgb[] = [
    [255, 255, 255],
    [12, 14, 18],
  ];
  const ink = inks.sort((a, b) => contrast(b, accent) - contrast(a, accent))[0] as Rgb;
  return { accent: hex(accent), accentInk: hex(ink) };
}

function readable(colour: Rgb, papers: readonly Rgb[], isDark: boolean): Rgb {
  const towards: Rgb = isDark ? [255, 255, 255] : [0, 0, 0];
  let result = colour;
  for (let amount = STEP; papers.some((paper) => contrast(result, paper) < CONTRAST) && amount <= 1; amount += STEP) {
    result = mix(colour, towards, amount);
  }
  return result;
}

function saturation(colour: Rgb): number {
  return Math.max(...colour) - Math.min(...colour);
}
