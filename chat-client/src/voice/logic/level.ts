/** How loud a voice is, for as long as it is measured. Knows what a track is, and nothing of who shows it. */
import { createAudioAnalyser, type LocalAudioTrack, type RemoteAudioTrack } from 'livekit-client';
import type { AudioTrack } from './room-call.ts';

/** Speech moves in the lower part of what an analyser can tell. */
const gain = 1.4;
/** Falls slowly, so that syllables do not flicker. */
const decay = 0.86;

/**
 * Measures at every frame of the screen, and tells a number from 0 to 1.
 * @returns what stops it
 */
export function measureLevel(track: AudioTrack, onLevel: (level: number) => void): () => void {
  const { calculateVolume, cleanup } = createAudioAnalyser(track as LocalAudioTrack | RemoteAudioTrack, {
    cloneTrack: true,
    smoothingTimeConstant: 0.4,
  });
  let level = 0;
  let frame = requestAnimationFrame(function measure() {
    level = Math.max(Math.min(1, calculateVolume() * gain), level * decay);
    onLevel(level < 0.01 ? 0 : level);
    frame = requestAnimationFrame(measure);
  });
  return () => {
    cancelAnimationFrame(frame);
    onLevel(0);
    void cleanup();
  };
}
