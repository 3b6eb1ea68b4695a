import { h } from '../dom.ts';
import { count } from '../format.ts';

/** Of more, a dot stands for several. */
const MOST_DOTS = 900;
const FRAME_MS = 90;

/** The holders as dots. One is the listener, and the picture cannot say which: a light wanders over all of them. */
export class Crowd {
  readonly element: HTMLElement;
  readonly #canvas = h('canvas', { class: 'crowd-field', 'aria-hidden': 'true' });
  readonly #still = matchMedia('(prefers-reduced-motion: reduce)');
  #frame = 0;
  #drawn = 0;

  constructor(readonly holders: number) {
    this.element = h(
      'div',
      { class: 'crowd' },
      this.#canvas,
      h(
        'p',
        { class: 'crowd-text' },
        'You are one of ',
        h('strong', { 'data-holders': holders }, count(holders)),
        '. The proof does not say which.',
      ),
      holders > MOST_DOTS &&
        h('p', { class: 'fine' }, `One dot stands for about ${Math.round(holders / MOST_DOTS)} of them.`),
    );
    this.#draw(0);
  }

  close(): void {
    cancelAnimationFrame(this.#frame);
  }

  #draw(now: number): void {
    if (this.#canvas.clientWidth > 0 && (now - this.#drawn > FRAME_MS || this.#drawn === 0)) {
      this.#drawn = now || 1;
      this.#paint(now / 1000);
    }
    if (!this.#still.matches || this.#drawn === 0) this.#frame = requestAnimationFrame((at) => this.#draw(at));
  }

  #paint(seconds: number): void {
    const [canvas, context] = [this.#canvas, this.#canvas.getContext('2d')];
    const { clientWidth: width, clientHeight: height } = canvas;
    const scale = Math.min(2, devicePixelRatio);
    if (!context) return;
    canvas.width = width * scale;
    canvas.height = height * scale;
    context.scale(scale, scale);
    const dots = Math.min(this.holders, MOST_DOTS);
    const columns = Math.ceil(Math.sqrt((dots * width) / height));
    const [dx, dy] = [width / columns, height / Math.ceil(dots / columns)];
    const style = getComputedStyle(canvas);
    const [plain, lit] = [style.color, style.borderTopColor];
    const [x0, y0] = [
      (0.5 + 0.42 * Math.sin(seconds * 0.41)) * width,
      (0.5 + 0.4 * Math.sin(seconds * 0.63 + 1)) * height,
    ];
    for (let dot = 0; dot < dots; dot++) {
      const [x, y] = [((dot % columns) + 0.5) * dx, (Math.floor(dot / columns) + 0.5) * dy];
      const near = Math.exp(-(((x - x0) ** 2 + (y - y0) ** 2) / (width * 4.5)));
      context.globalAlpha = 0.4 + 0.6 * near;
      context.fillStyle = near > 0.35 ? lit : plain;
      context.beginPath();
      context.arc(x, y, Math.min(dx, dy) * (0.2 + 0.14 * near), 0, 7);
      context.fill();
    }
  }
}
