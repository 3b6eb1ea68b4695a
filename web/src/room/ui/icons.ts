import { svg } from '../dom.ts';

const PATHS = {
  play: 'M8 5.5v13l11-6.5z',
  pause: 'M7.5 5.5h3v13h-3zM13.5 5.5h3v13h-3z',
  back: 'M14.5 5.5 8 12l6.5 6.5',
  close: 'M6.5 6.5l11 11M17.5 6.5l-11 11',
  sun: 'M12 8a4 4 0 1 0 0 8a4 4 0 0 0 0-8zM12 2.5v2.5M12 19v2.5M2.5 12H5M19 12h2.5M5.3 5.3l1.8 1.8M16.9 16.9l1.8 1.8M18.7 5.3l-1.8 1.8M7.1 16.9l-1.8 1.8',
  moon: 'M19.5 14.2A8 8 0 0 1 9.8 4.5a8 8 0 1 0 9.7 9.7z',
  volume: 'M4 9.5v5h3.5L12 18.500V5.500L7.5 9.5zM15.500 9a4 4 0 0 1 0 6M18 6.500a7.500 7.500 0 0 1 0 11',
  out: 'M9 5.500h9.500V15M18.500 5.500 6 18',
} as const;

/** The icons of the room; those that are drawn as areas have the class `solid`. */
export type Icon = keyof typeof PATHS;

/** A decorative icon: what it means is said in words beside it or in a label. */
export function icon(name: Icon): SVGElement {
  const solid = name === 'play' || name === 'pause';
  return svg(
    'svg',
    { class: solid ? 'icon solid' : 'icon', viewBox: '0 0 24 24', 'aria-hidden': 'true', focusable: 'false' },
    svg('path', { d: PATHS[name] }),
  );
}
