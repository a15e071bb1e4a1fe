/**
 * Owns a person in a room: speaks with espeak's voice into a microphone that never stops, hears the agent, reads the
 * transcripts. Knows nothing of agents beyond their sound and their text.
 */
import {
  AudioFrame,
  AudioSource,
  AudioStream,
  LocalAudioTrack,
  Room,
  RoomEvent,
  TrackKind,
  TrackPublishOptions,
  TrackSource,
  dispose,
  type RemoteTrack,
} from '@livekit/rtc-node';
import { Happenings } from './happenings.ts';
import { bytesOf, toFrames, withoutSilenceAround } from './pcm.ts';
import { recogniserSampleRate, speak } from './speech.ts';
import { Transcripts } from './transcripts.ts';
import { VoiceRecorder, voiceThreshold, type VoicedStretch } from './voice-recorder.ts';

const SAMPLE_RATE = recogniserSampleRate;
const FRAME_MS = 20;
/** Small, so that words are heard soon after they are said: silence fills whatever room there is. */
const MICROPHONE_QUEUE_MS = 60;
const leftTooEarly = 'The caller left before all was said';
const DEFAULT_PAUSE_MS = 900;
const DEFAULT_DEADLINE_MS = 60_000;

/** When words were spoken: `Date.now()` of the beginning and the end of their voice, not of the silence around it. */
export interface SpokenWords {
  startedAt: number;
  endedAt: number;
}

interface Utterance {
  frames: Buffer[];
  next: number;
  startedAt: number;
  resolve(words: SpokenWords): void;
  reject(error: Error): void;
}

/**
 * Frees what all callers of this process share and what would keep the process alive. Once, when the last one has left:
 * nobody can join afterwards.
 */
export const disposeCallers: () => Promise<void> = dispose;

/** A caller who is in a room. */
export class Caller {
  readonly transcripts: Transcripts;
  readonly #room: Room;
  readonly #microphone = new AudioSource(SAMPLE_RATE, 1, MICROPHONE_QUEUE_MS);
  readonly #hearing: VoiceRecorder;
  readonly #arrivals = new Happenings<string>();
  readonly #departures = new Happenings<string>();
  readonly #ends = new Happenings<void>();
  readonly #lastAttributes = new Map<string, Record<string, string>>();
  readonly #listeners = new Map<RemoteTrack, Promise<void>>();
  readonly #streams = new Set<ReadableStreamDefaultReader<AudioFrame>>();
  #utterance: Utterance | undefined;
  #pumping: Promise<void> | undefined;
  #isLeaving = false;

  private constructor(room: Room, pauseMs: number) {
    this.#room = room;
    this.#hearing = new VoiceRecorder({ sampleRate: SAMPLE_RATE, pauseMs });
    this.transcripts = new Transcripts(room);
    room.on(RoomEvent.ParticipantConnected, ({ identity }) => this.#arrivals.publish(identity));
    room.on(RoomEvent.ParticipantDisconnected, ({ identity, attributes }) => {
      this.#lastAttributes.set(identity, attributes);
      this.#departures.publish(identity);
    });
    room.on(RoomEvent.Disconnected, () => this.#ends.publish());
    room.on(RoomEvent.TrackSubscribed, (track) => {
      if (track.kind === TrackKind.KIND_AUDIO) this.#listeners.set(track, this.#listen(track));
    });
  }

  /**
   * Joins the room of the token and opens the microphone, into which silence flows until `say`.
   * `pauseMs` (default 900): how long the agent must be silent for its speech to count as ended.
   */
  static async join(url: string, token: string, options: { pauseMs?: number } = {}): Promise<Caller> {
    const room = new Room();
    const caller = new Caller(room, options.pauseMs ?? DEFAULT_PAUSE_MS);
    try {
      await room.connect(url, token, { autoSubscribe: true, dynacast: false });
      const track = LocalAudioTrack.createAudioTrack('microphone', caller.#microphone);
      const publishing = new TrackPublishOptions({ source: TrackSource.SOURCE_MICROPHONE });
      await room.localParticipant?.publishTrack(track, publishing);
    } catch (error) {
      await caller.leave();
      throw error;
    }
    caller.#pumping = caller.#pump();
    return caller;
  }

  get identity(): string {
    return this.#room.localParticipant?.identity ?? '';
  }

  /** Resolves with the identity of whoever else is in the room or comes first. Rejects after the deadline (default 60 s). */
  async waitForAgent(deadlineMs = DEFAULT_DEADLINE_MS): Promise<string> {
    const [present] = this.#room.remoteParticipants.keys();
    return present ?? this.#arrivals.next('An agent that joins', deadlineMs);
  }

  /** Resolves when whoever has this identity has left the room. Rejects after the deadline (default 60 s). */
  async waitForLeave(identity: string, deadlineMs = DEFAULT_DEADLINE_MS): Promise<void> {
    if (!this.#room.remoteParticipants.has(identity)) return;
    await this.#departures.next(`The leaving of ${identity}`, deadlineMs, (gone) => gone === identity);
  }

  /** Resolves when the room is over for this caller, who did not leave it. Rejects after the deadline (default 60 s). */
  async waitForEnd(deadlineMs = DEFAULT_DEADLINE_MS): Promise<void> {
    if (this.#room.isConnected) await this.#ends.next('The end of the room', deadlineMs);
  }

  /** The attributes of somebody in the room, or as they were when that one left. */
  attributesOf(identity: string): Readonly<Record<string, string>> {
    return (
      this.#room.remoteParticipants.get(identity)?.attributes ?? this.#lastAttributes.get(identity) ?? {}
    );
  }

  /** Puts a text into the room, as a page does. */
  async write(text: string): Promise<void> {
    await this.#room.localParticipant?.sendText(text, { topic: 'lk.chat' });
  }

  /** Says a text, or several with pauses of so many milliseconds, and resolves when the last sound has left. One at a time. */
  async say(...pieces: readonly (string | number)[]): Promise<SpokenWords> {
    const spoken = await Promise.all(pieces.map((piece) => framesOf(piece)));
    const frames = spoken.flat();
    if (frames.length === 0) throw new Error(`"${pieces.join(' ')}" has no sound`);
    if (this.#utterance !== undefined) throw new Error('The caller is still speaking');
    if (this.#isLeaving) throw new Error(leftTooEarly);
    return new Promise((resolve, reject) => {
      this.#utterance = { frames, next: 0, startedAt: 0, resolve, reject };
    });
  }

  /** True while the agent is heard, short pauses included. */
  get speaking(): boolean {
    return this.#hearing.speaking;
  }

  /** When the agent's voice was last heard in the stretch that goes on; undefined in silence. */
  get lastVoiceAt(): number | undefined {
    return this.#hearing.lastVoiceAt;
  }

  /** Everything that the agent has said, as 16 kHz sound: what `recognise` takes. */
  get heard(): readonly VoicedStretch[] {
    return this.#hearing.stretches;
  }

  /** Resolves when the agent begins to speak, from now on, with the time. Rejects after the deadline (default 60 s). */
  nextSpeechStart(deadlineMs?: number): Promise<number> {
    return this.#hearing.nextSpeechStart(deadlineMs);
  }

  /** Resolves when the agent falls silent, from now on, with what it said. Rejects after the deadline (default 60 s). */
  nextSpeechEnd(deadlineMs?: number): Promise<VoicedStretch> {
    return this.#hearing.nextSpeechEnd(deadlineMs);
  }

  /** Leaves the room and frees microphone and ears. Whatever is awaited rejects. */
  async leave(): Promise<void> {
    if (this.#isLeaving) return;
    this.#isLeaving = true;
    this.#utterance?.reject(new Error(leftTooEarly));
    await this.#pumping;
    this.transcripts.close();
    this.#arrivals.end(new Error('The caller left before an agent came'));
    this.#departures.end(new Error('The caller left before somebody else did'));
    this.#ends.end(new Error('The caller left before the room ended'));
    this.#hearing.close();
    await Promise.all([...this.#streams].map((stream) => stream.cancel()));
    await Promise.all(this.#listeners.values());
    await this.#room.disconnect();
    await this.#microphone.close();
  }

  async #pump(): Promise<void> {
    const silence = new Int16Array((SAMPLE_RATE * FRAME_MS) / 1000);
    while (!this.#isLeaving) {
      const utterance = this.#utterance;
      if (utterance === undefined) {
        await this.#send(silence);
        continue;
      }
      // What is in the queue is heard first.
      if (utterance.next === 0) utterance.startedAt = Date.now() + this.#microphone.queuedDuration;
      const frame = utterance.frames[utterance.next++];
      if (frame !== undefined) await this.#send(toSamples(frame));
      if (utterance.next < utterance.frames.length) continue;
      this.#utterance = undefined;
      const endedAt = Date.now() + this.#microphone.queuedDuration;
      setTimeout(() => utterance.resolve({ startedAt: utterance.startedAt, endedAt }), endedAt - Date.now());
    }
  }

  /** Paces itself: resolves when the microphone's queue has room for the next frame. */
  #send(samples: Int16Array): Promise<void> {
    return this.#microphone.captureFrame(new AudioFrame(samples, SAMPLE_RATE, 1, samples.length));
  }

  async #listen(track: RemoteTrack): Promise<void> {
    const stream = new AudioStream(track, { sampleRate: SAMPLE_RATE, numChannels: 1, frameSizeMs: FRAME_MS });
    const reader = stream.getReader();
    this.#streams.add(reader);
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      const { data } = read.value;
      this.#hearing.hear(Buffer.from(data.buffer, data.byteOffset, data.byteLength), Date.now());
    }
    this.#streams.delete(reader);
  }
}

async function framesOf(piece: string | number): Promise<Buffer[]> {
  if (typeof piece === 'number')
    return toFrames(Buffer.alloc(bytesOf(piece, SAMPLE_RATE)), FRAME_MS, SAMPLE_RATE);
  const pcm = await speak(piece, SAMPLE_RATE);
  return withoutSilenceAround(toFrames(pcm, FRAME_MS, SAMPLE_RATE), voiceThreshold);
}

function toSamples(frame: Buffer): Int16Array {
  return Int16Array.from({ length: frame.length / 2 }, (_, i) => frame.readInt16LE(2 * i));
}
