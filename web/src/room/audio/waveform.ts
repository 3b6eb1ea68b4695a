import { peaks, rms } from './peaks.ts';
import type { Player } from './player.ts';

const BAR = 3;
const GAP = 2;
/** Bars this far from the place that is heard move with the sound. */
const REACH = 14;

/**
 * The whole recording as bars. Around the place that is heard they follow the analyser's signal, so they stand still in silence.
 * `data-rms` of the canvas is that signal's root mean square.
 */
export class Waveform {
  #bars: Float32Array = new Float32Array(0);
  #frame = 0;
  readonly #still = matchMedia('(prefers-reduced-motion: reduce)');

  constructor(
    readonly canvas: HTMLCanvasElement,
    readonly player: Player,
    readonly recording: AudioBuffer,
    readonly onFrame: () => void,
  ) {
    const draw = () => {
      this.#draw();
      this.onFrame();
      this.#frame = requestAnimationFrame(draw);
    };
    draw();
  }

  close(): void {
    cancelAnimationFrame(this.#frame);
  }

  #draw(): void {
    const { canvas, player } = this;
    const { clientWidth: width, clientHeight: height } = canvas;
    const context = canvas.getContext('2d');
    if (!context || width === 0) return;
    const scale = Math.min(2, devicePixelRatio);
    if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
      canvas.width = Math.round(width * scale);
      canvas.height = Math.round(height * scale);
    }
    const count = Math.max(1, Math.floor(width / (BAR + GAP)));
    if (this.#bars.length !== count) this.#bars = peaks(this.recording.getChannelData(0), count);
    const wave = player.wave();
    const level = player.isPlaying ? rms(wave) : 0;
    canvas.dataset.rms = level.toFixed(5);
    const style = getComputedStyle(canvas);
    const [ahead, played] = [style.color, style.borderTopColor];
    const at = (player.position / player.duration) * count;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, width, height);
    for (let bar = 0; bar < count; bar++) {
      const near = Math.max(0, 1 - Math.abs(bar - at) / REACH);
      // One stretch of the newest samples for each bar near the place that is heard.
      const sample = Math.abs(wave[(bar * 61) % wave.length] as number);
      const lift = player.isPlaying && !this.#still.matches ? near * Math.min(0.5, sample * 1.6 + level * 0.6) : 0;
      const tall = Math.max(2, Math.min(1, (this.#bars[bar] as number) * 0.78 + lift) * height);
      context.fillStyle = bar < at ? played : ahead;
      context.globalAlpha = bar < at ? 1 : 0.55 + near * 0.3;
      context.beginPath();
      context.roundRect(bar * (BAR + GAP), (height - tall) / 2, BAR, tall, BAR / 2);
      context.fill();
    }
  }
}
