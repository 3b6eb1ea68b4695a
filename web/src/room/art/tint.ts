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

/** A colour that can be read, and how much of black or white is in it, 0 to 1. */
interface Readable {
  colour: Rgb;
  added: number;
}

/**
 * A swatch's two colours, each darkened or lightened until it can be read as text on all of these grounds: the one that is then the
 * more colourful and the nearer to what it was.
 * @param grounds `#rrggbb`, all light or all dark
 */
export function tint(swatch: readonly [string, string], grounds: readonly string[]): Tint {
  const papers = grounds.map(parseColour);
  const isDark = luminance(papers[0] as Rgb) < 0.2;
  const [first, second] = swatch.map((colour) => readable(parseColour(colour), papers, isDark)) as [Readable, Readable];
  const accent = (worth(first) >= worth(second) ? first : second).colour;
  const inks: Rgb[] = [
    [255, 255, 255],
    [12, 14, 18],
  ];
  const ink = inks.sort((a, b) => contrast(b, accent) - contrast(a, accent))[0] as Rgb;
  return { accent: hex(accent), accentInk: hex(ink) };
}

function readable(start: Rgb, papers: readonly Rgb[], isDark: boolean): Readable {
  const towards: Rgb = isDark ? [255, 255, 255] : [0, 0, 0];
  let [colour, added] = [start, 0];
  while (papers.some((paper) => contrast(colour, paper) < CONTRAST) && added < 1) {
    added = Math.min(1, added + STEP);
    colour = mix(start, towards, added);
  }
  return { colour, added };
}

/** Chroma, less what a strange colour costs. */
function worth({ colour, added }: Readable): number {
  return Math.max(...colour) - Math.min(...colour) - 60 * added;
}
