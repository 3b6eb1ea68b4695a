/** The loudest sample of each of `bars` equal parts, as shares of the loudest of all, so that a quiet recording is seen too. */
export function peaks(samples: Float32Array, bars: number): Float32Array {
  const result = new Float32Array(bars);
  let loudest = 0;
  for (let bar = 0; bar < bars; bar++) {
    const [from, to] = [Math.floor((bar * samples.length) / bars), Math.floor(((bar + 1) * samples.length) / bars)];
    let peak = 0;
    for (let i = from; i < to; i++) peak = Math.max(peak, Math.abs(samples[i] as number));
    result[bar] = peak;
    loudest = Math.max(loudest, peak);
  }
  if (loudest > 0) for (let bar = 0; bar < bars; bar++) result[bar] = (result[bar] as number) / loudest;
  return result;
}

/** Root mean square of samples, 0 to 1. */
export function rms(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return samples.length === 0 ? 0 : Math.sqrt(sum / samples.length);
}
