import { cover, SIDE } from '../art/cover.ts';
import type { Track } from '../config.ts';
import { svg } from '../dom.ts';

/** The cover of a track as an image. Its alternative text is empty: title and artist stand beside it. */
export function coverImage({ slug, swatch, motif }: Track): SVGElement {
  const shapes = cover(slug, swatch, motif).map(({ tag, attributes }) => svg(tag, attributes));
  return svg(
    'svg',
    { class: 'cover', viewBox: `0 0 ${SIDE} ${SIDE}`, 'aria-hidden': 'true', focusable: 'false' },
    ...shapes,
  );
}
