const FADE_SECONDS = 0.03;

/**
 * Plays one decoded recording. The graph is source, gain, analyser, output: what the analyser measures is what is heard,
 * volume included.
 */
export class Player {
  readonly #context = new AudioContext();
  readonly #gain = this.#context.createGain();
  readonly #analyser = this.#context.createAnalyser();
  readonly #samples: Float32Array<ArrayBuffer>;
  #source: AudioBufferSourceNode | null = null;
  #buffer: AudioBuffer | null = null;
  /** Where in the recording it is while paused, in seconds. */
  #offset = 0;
  /** The context's time at which the recording's beginning would have been played. */
  #startedAt = 0;

  constructor() {
    this.#analyser.fftSize = 2048;
    this.#samples = new Float32Array(this.#analyser.fftSize);
    this.#gain.connect(this.#analyser).connect(this.#context.destination);
  }

  /** Decodes a file. @returns what it decoded to, for drawing. */
  async load(file: ArrayBuffer): Promise<AudioBuffer> {
    this.#buffer = await this.#context.decodeAudioData(file);
    this.#offset = 0;
    return this.#buffer;
  }

  get isPlaying(): boolean {
    return this.#source !== null;
  }

  /** Length in seconds. */
  get duration(): number {
    return this.#buffer?.duration ?? 0;
  }

  /** Position in seconds. */
  get position(): number {
    if (!this.#source) return this.#offset;
    return Math.min(this.duration, this.#context.currentTime - this.#startedAt);
  }

  /** 0 to 1, as a listener perceives it. */
  set volume(value: number) {
    this.#gain.gain.setTargetAtTime(value * value, this.#context.currentTime, FADE_SECONDS);
  }

  /** Starts where it was; from the beginning after the end. */
  async play(): Promise<void> {
    if (!this.#buffer || this.#source) return;
    await this.#context.resume();
    // A second click may have been quicker.
    if (this.#source) return;
    if (this.#offset >= this.duration - 0.01) this.#offset = 0;
    const source = this.#context.createBufferSource();
    source.buffer = this.#buffer;
    source.connect(this.#gain);
    source.onended = () => {
      if (this.#source !== source) return;
      this.#source = null;
      this.#offset = this.duration;
    };
    source.start(0, this.#offset);
    this.#startedAt = this.#context.currentTime - this.#offset;
    this.#source = source;
  }

  pause(): void {
    if (!this.#source) return;
    this.#offset = this.position;
    this.#drop();
  }

  /** To a position in seconds, without changing whether it plays. */
  async seek(seconds: number): Promise<void> {
    const wasPlaying = this.isPlaying;
    this.#drop();
    this.#offset = Math.min(Math.max(0, seconds), this.duration);
    if (wasPlaying) await this.play();
  }

  /** The newest samples that leave for the loudspeakers; valid until the next call. */
  wave(): Float32Array {
    this.#analyser.getFloatTimeDomainData(this.#samples);
    return this.#samples;
  }

  /** Ends it and frees the audio device. */
  async close(): Promise<void> {
    this.#drop();
    await this.#context.close();
  }

  #drop(): void {
    const source = this.#source;
    this.#source = null;
    source?.stop();
    source?.disconnect();
  }
}
