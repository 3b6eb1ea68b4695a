import { hex, luminance, mix, parseColour, type Rgb } from './colour.ts';
import { fnv1a, seeded } from './random.ts';

/** Side of a cover, in its own units. */
export const SIDE = 400;

/** One shape of a cover: an SVG tag and its presentation attributes. */
export interface Shape {
  tag: 'rect' | 'circle' | 'path';
  attributes: Record<string, string | number>;
}

interface Palette {
  ground: Rgb;
  figure: Rgb;
  deep: Rgb;
  pale: Rgb;
}

type Motif = (draw: () => number, palette: Palette) => Shape[];

const MOTIFS: readonly Motif[] = [horizon, arcs, threads, rings];

/** Which motif each cover of a catalogue has: by its slug, but neighbours differ while there are motifs left. */
export function motifs(slugs: readonly string[]): number[] {
  const used: number[] = [];
  for (const slug of slugs) {
    let motif = fnv1a(slug) % MOTIFS.length;
    while (used.length % MOTIFS.length !== 0 && used.slice(-(used.length % MOTIFS.length)).includes(motif)) {
      motif = (motif + 1) % MOTIFS.length;
    }
    used.push(motif);
  }
  return used;
}

/** The cover of a track: the same slug, swatch and motif always give the same picture. Colours are `#rrggbb`. */
export function cover(slug: string, swatch: readonly [string, string], motif: number): Shape[] {
  const [first, second] = swatch.map(parseColour) as [Rgb, Rgb];
  const [dark, light] = luminance(first) < luminance(second) ? [first, second] : [second, first];
  const palette = {
    ground: dark,
    figure: light,
    deep: mix(dark, [10, 9, 12], 0.55),
    pale: mix(light, [255, 250, 240], 0.6),
  };
  const hash = fnv1a(slug);
  const draw = MOTIFS[motif % MOTIFS.length] as Motif;
  return [rect(0, 0, SIDE, SIDE, hex(palette.ground)), ...draw(seeded(hash), palette)];
}

function rect(x: number, y: number, width: number, height: number, fill: string): Shape {
  return { tag: 'rect', attributes: { x, y, width, height, fill } };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** A low sun behind hills. */
function horizon(draw: () => number, { ground, figure, deep, pale }: Palette): Shape[] {
  const shapes: Shape[] = [];
  for (let band = 0; band < 6; band++) {
    shapes.push(rect(0, band * 44, SIDE, 45, hex(mix(ground, figure, band * 0.1))));
  }
  const x = round(130 + draw() * 140);
  shapes.push({ tag: 'circle', attributes: { cx: x, cy: 208, r: 86, fill: hex(mix(figure, pale, 0.35)) } });
  for (let hill = 0; hill < 6; hill++) {
    const base = 214 + hill * 34;
    const [phase, wave, height] = [draw() * 6.3, 1.2 + draw() * 1.6, 26 - hill * 2];
    let path = `M0 ${SIDE}`;
    for (let at = 0; at <= SIDE; at += 10) {
      const y = base + Math.sin((at / SIDE) * wave * 6.3 + phase) * height * Math.sin((at / SIDE) * 3.1 + hill);
      path += `L${at} ${round(y)}`;
    }
    shapes.push({
      tag: 'path',
      attributes: { d: `${path}L${SIDE} ${SIDE}Z`, fill: hex(mix(mix(figure, ground, 0.35), deep, hill / 5)) },
    });
  }
  return shapes;
}

/** Quarter circles on a grid. */
function arcs(draw: () => number, { ground, figure, deep, pale }: Palette): Shape[] {
  const [cells, shapes] = [5, [] as Shape[]];
  const cell = SIDE / cells;
  const tones = [figure, deep, pale, mix(ground, figure, 0.45), mix(ground, deep, 0.5)].map(hex);
  for (let i = 0; i < cells * cells; i++) {
    const [x, y] = [(i % cells) * cell, Math.floor(i / cells) * cell];
    shapes.push(rect(x, y, cell + 0.5, cell + 0.5, tones[3 + Math.floor(draw() * 2)] as string));
    const corner = Math.floor(draw() * 5);
    const fill = tones[Math.floor(draw() * 3)] as string;
    if (corner === 4) {
      shapes.push({ tag: 'circle', attributes: { cx: x + cell / 2, cy: y + cell / 2, r: round(cell * 0.28), fill } });
      continue;
    }
    const [right, low] = [corner % 2, corner >> 1];
    const [cx, cy] = [x + right * cell, y + low * cell];
    const [toX, toY] = [right ? x : x + cell, low ? y : y + cell];
    const sweep = right === low ? 1 : 0;
    shapes.push({
      tag: 'path',
      attributes: { d: `M${cx} ${cy}L${toX} ${cy}A${cell} ${cell} 0 0 ${sweep} ${cx} ${toY}Z`, fill },
    });
  }
  return shapes;
}

/** Lines that swell in the middle. */
function threads(draw: () => number, { ground, figure, deep, pale }: Palette): Shape[] {
  const shapes: Shape[] = [rect(0, 0, SIDE, SIDE, hex(mix(ground, deep, 0.6)))];
  const lines = 26;
  for (let line = 0; line < lines; line++) {
    const y = 78 + line * 10.4;
    const [centre, width, f1, f2] = [150 + draw() * 100, 46 + draw() * 40, 0.05 + draw() * 0.07, 0.11 + draw() * 0.1];
    let path = '';
    for (let x = 40; x <= SIDE - 40; x += 4) {
      const swell = Math.exp(-(((x - centre) / width) ** 2));
      const lift = swell * (22 + 16 * Math.sin(x * f1 + line) + 9 * Math.sin(x * f2 + line * 2));
      path += `${path ? 'L' : 'M'}${x} ${round(y - Math.max(0, lift))}`;
    }
    const stroke = hex(mix(figure, pale, line / lines));
    shapes.push({
      tag: 'path',
      attributes: { d: path, fill: hex(mix(ground, deep, 0.6)), stroke, 'stroke-width': 1.8 },
    });
  }
  return shapes;
}

/** Two sets of rings that interfere. */
function rings(draw: () => number, { ground, figure, deep, pale }: Palette): Shape[] {
  const shapes: Shape[] = [rect(0, 0, SIDE, SIDE / 2, hex(mix(ground, deep, 0.35)))];
  const [left, right] = [110 + draw() * 50, 240 + draw() * 50];
  for (let ring = 14; ring > 0; ring--) {
    for (const [cx, cy, tone] of [
      [left, 170, figure],
      [right, 250, pale],
    ] as const) {
      const stroke = hex(mix(tone, ground, ring / 18));
      shapes.push({
        tag: 'circle',
        attributes: {
          cx: round(cx),
          cy,
          r: ring * 13,
          fill: 'none',
          stroke,
          'stroke-width': round(1.2 + (14 - ring) * 0.24),
        },
      });
    }
  }
  shapes.push({ tag: 'circle', attributes: { cx: round(left), cy: 170, r: 11, fill: hex(pale) } });
  shapes.push({ tag: 'circle', attributes: { cx: round(right), cy: 250, r: 7, fill: hex(figure) } });
  return shapes;
}
