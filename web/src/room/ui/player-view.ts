import type { Player } from '../audio/player.ts';
import { Waveform } from '../audio/waveform.ts';
import { fill, h } from '../dom.ts';
import { clock, spokenPosition } from '../format.ts';
import { icon } from './icons.ts';

const VOLUME = 'volume';
const SEEK_STEP = 0.1;

/** Play, seek, volume, and the recording as it sounds. */
export class PlayerView {
  readonly element: HTMLElement;
  readonly #waveform: Waveform;
  readonly #play = h('button', { class: 'play', type: 'button' });
  readonly #seek: HTMLInputElement;
  readonly #now = h('span', { class: 'mono', 'aria-hidden': 'true' });
  #isShownPlaying: boolean | null = null;
  #isSeeking = false;

  constructor(
    readonly player: Player,
    recording: AudioBuffer,
    title: string,
  ) {
    const canvas = h('canvas', { class: 'waveform', 'aria-hidden': 'true' });
    this.#seek = h('input', {
      class: 'seek',
      type: 'range',
      min: 0,
      max: player.duration,
      step: SEEK_STEP,
      value: 0,
      'aria-label': 'Position',
    });
    this.#seek.addEventListener('input', () => {
      this.#isSeeking = true;
      this.#tell();
    });
    this.#seek.addEventListener('change', () => {
      this.#isSeeking = false;
      void player.seek(Number(this.#seek.value));
    });
    this.#play.addEventListener('click', () => (player.isPlaying ? player.pause() : void player.play()));
    const volume = h('input', {
      class: 'volume-range',
      type: 'range',
      min: 0,
      max: 1,
      step: 0.02,
      value: localStorage.getItem(VOLUME) ?? 0.8,
      'aria-label': 'Volume',
    });
    const setVolume = () => {
      player.volume = Number(volume.value);
    };
    volume.addEventListener('input', () => {
      setVolume();
      localStorage.setItem(VOLUME, volume.value);
    });
    setVolume();
    this.element = h(
      'section',
      { class: 'player', 'aria-label': `Player: ${title}` },
      this.#play,
      h('div', { class: 'scrub' }, canvas, this.#seek),
      h(
        'div',
        { class: 'player-foot' },
        h('p', { class: 'times' }, this.#now, h('span', { class: 'mono' }, clock(player.duration))),
        h('div', { class: 'volume' }, icon('volume'), volume),
      ),
    );
    this.#waveform = new Waveform(canvas, player, recording, () => this.#update());
    this.#update();
  }

  /** Puts the focus on the play button, without scrolling. */
  focus(): void {
    this.#play.focus({ preventScroll: true });
  }

  close(): void {
    this.#waveform.close();
    this.player.pause();
  }

  #update(): void {
    const { player } = this;
    if (player.isPlaying !== this.#isShownPlaying) {
      this.#isShownPlaying = player.isPlaying;
      fill(this.#play, icon(player.isPlaying ? 'pause' : 'play'));
      this.#play.setAttribute('aria-label', player.isPlaying ? 'Pause' : 'Play');
      this.element.dataset.playing = String(player.isPlaying);
    }
    if (!this.#isSeeking) this.#seek.value = String(player.position);
    this.#tell();
  }

  #tell(): void {
    const text = clock(Number(this.#seek.value));
    if (this.#now.textContent === text) return;
    this.#now.textContent = text;
    this.#seek.setAttribute('aria-valuetext', spokenPosition(Number(this.#seek.value), this.player.duration));
  }
}
