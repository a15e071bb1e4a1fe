/** Owns telling voice from silence in what is heard, and keeping every voiced stretch. Knows nothing of where sound comes from. */
import { Happenings } from './happenings.ts';
import { bytesOf, durationMs, rms } from './pcm.ts';

/** Louder than this is voice (RMS of 16-bit samples). */
export const voiceThreshold = 300;
/** Words begin softly: so much of what came before the first loud frame belongs to the stretch. */
const LEAD_MS = 200;
const DEFAULT_DEADLINE_MS = 60_000;

/** A stretch of voice without a longer pause. Times are on the clock of `hear`. */
export interface VoicedStretch {
  startedAt: number;
  /** The end of the last loud frame. */
  endedAt: number;
  /** What was heard, with a little silence on both sides: mono, signed 16-bit little-endian, at the recorder's rate. */
  pcm: Buffer;
}

/** Hears frames, one after the other. */
export class VoiceRecorder {
  /** All finished stretches, in order. */
  readonly stretches: VoicedStretch[] = [];
  readonly #sampleRate: number;
  readonly #pauseMs: number;
  readonly #starts = new Happenings<number>();
  readonly #ends = new Happenings<VoicedStretch>();
  #lead = Buffer.alloc(0);
  #current: { startedAt: number; endedAt: number; frames: Buffer[] } | undefined;

  /** `pauseMs`: silence of this length ends a stretch; shorter ones, as between two sentences, belong to it. */
  constructor({ sampleRate, pauseMs }: { sampleRate: number; pauseMs: number }) {
    this.#sampleRate = sampleRate;
    this.#pauseMs = pauseMs;
  }

  /** True from the first loud frame until a pause has passed. */
  get speaking(): boolean {
    return this.#current !== undefined;
  }

  /** When the stretch that is being heard began; undefined in silence. */
  get startedAt(): number | undefined {
    return this.#current?.startedAt;
  }

  /** When the last loud frame of the stretch that is being heard ended; undefined in silence. */
  get lastVoiceAt(): number | undefined {
    return this.#current?.endedAt;
  }

  /** What was heard so far of the stretch that goes on; undefined in silence. */
  get soFar(): Buffer | undefined {
    return this.#current && Buffer.concat(this.#current.frames);
  }

  /** Resolves with the time of the next beginning of speech, from now on. Rejects after the deadline (default 60 s). */
  nextSpeechStart(deadlineMs = DEFAULT_DEADLINE_MS): Promise<number> {
    return this.#starts.next('Speech that begins', deadlineMs);
  }

  /** Resolves with the next stretch that ends, from now on, also one that has begun. Rejects after the deadline (default 60 s). */
  nextSpeechEnd(deadlineMs = DEFAULT_DEADLINE_MS): Promise<VoicedStretch> {
    return this.#ends.next('Speech that ends', deadlineMs);
  }

  /** Takes the frame that has just been heard: it ended `now`, in milliseconds of any clock that goes with the sound. */
  hear(frame: Buffer, now: number): void {
    const isVoice = rms(frame) > voiceThreshold;
    if (this.#current === undefined) {
      if (isVoice) this.#begin(frame, now);
      else this.#lead = Buffer.concat([this.#lead, frame]).subarray(-bytesOf(LEAD_MS, this.#sampleRate));
      return;
    }
    this.#current.frames.push(frame);
    if (isVoice) this.#current.endedAt = now;
    else if (now - this.#current.endedAt >= this.#pauseMs) this.#finish();
  }

  /** Ends the current stretch and all waiting. */
  close(): void {
    if (this.#current !== undefined) this.#finish();
    this.#starts.end(new Error('The caller left before speech began'));
    this.#ends.end(new Error('The caller left before speech ended'));
  }

  #begin(frame: Buffer, now: number): void {
    const startedAt = now - durationMs(frame, this.#sampleRate);
    this.#current = { startedAt, endedAt: now, frames: [this.#lead, frame] };
    this.#lead = Buffer.alloc(0);
    this.#starts.publish(startedAt);
  }

  #finish(): void {
    if (this.#current === undefined) return;
    const { startedAt, endedAt, frames } = this.#current;
    this.#current = undefined;
    const stretch = { startedAt, endedAt, pcm: Buffer.concat(frames) };
    this.stretches.push(stretch);
    this.#ends.publish(stretch);
  }
}
