/** Owns small arithmetic on mono signed 16-bit little-endian samples: level, duration, silence around words. */

const bytesPerSample = 2;

/** Root mean square of the samples, 0 to 32768. 0 for an empty buffer. */
export function rms(pcm: Buffer): number {
  const samples = pcm.length >> 1;
  let energy = 0;
  for (let i = 0; i < samples; i++) energy += pcm.readInt16LE(i * bytesPerSample) ** 2;
  return samples === 0 ? 0 : Math.sqrt(energy / samples);
}

export function durationMs(pcm: Buffer, sampleRate: number): number {
  return (pcm.length / bytesPerSample / sampleRate) * 1000;
}

/** Bytes of so many milliseconds. */
export function bytesOf(milliseconds: number, sampleRate: number): number {
  return Math.round((milliseconds / 1000) * sampleRate) * bytesPerSample;
}

/** Cuts into pieces of equal length; the last one is filled up with silence. */
export function toFrames(pcm: Buffer, frameMs: number, sampleRate: number): Buffer[] {
  const size = bytesOf(frameMs, sampleRate);
  const frames: Buffer[] = [];
  for (let at = 0; at < pcm.length; at += size) {
    const frame = Buffer.alloc(size);
    pcm.copy(frame, 0, at, Math.min(at + size, pcm.length));
    frames.push(frame);
  }
  return frames;
}

/** The frames from the first to the last that is louder than `threshold` (RMS). */
export function withoutSilenceAround(frames: readonly Buffer[], threshold: number): Buffer[] {
  const isLoud = (frame: Buffer) => rms(frame) > threshold;
  return frames.slice(Math.max(frames.findIndex(isLoud), 0), frames.findLastIndex(isLoud) + 1);
}
