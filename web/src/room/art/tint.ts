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
 * The more colourful of a swatch's two colours, darkened or lightened until it can be read as text on all of these grounds.
 * @param grounds `#rrggbb`, all light or all dark
 */
export function tint(swatch: readonly [string, string], grounds: readonly string[]): Tint {
  const papers = grounds.map(parseColour);
  const [first, second] = swatch.map(parseColour) as [Rgb, Rgb];
  const isDark = luminance(papers[0] as Rgb) < 0.2;
  const towards: Rgb = isDark ? [255, 255, 255] : [0, 0, 0];
  const start = saturation(first) > saturation(second) ? first : second;
  let accent = start;
  for (let amount = STEP; papers.some((paper) => contrast(accent, paper) < CONTRAST) && amount <= 1; amount += STEP) {
    accent = mix(start, towards, amount);
  }
  const inks: Rgb[] = [
    [255, 255, 255],
    [12, 14, 18],
  ];
  const ink = inks.sort((a, b) => contrast(b, accent) - contrast(a, accent))[0] as Rgb;
  return { accent: hex(accent), accentInk: hex(ink) };
}

function saturation(colour: Rgb): number {
  return Math.max(...colour) - Math.min(...colour);
}
