/** Owns one stream of sound: where speech begins and ends in it, what was said, and the messages that tell so. No socket here. */
import { randomUUID } from 'node:crypto';
import { toFrames } from '../../real/parts/pcm.ts';
import { recogniserSampleRate } from '../../real/parts/speech.ts';
import { VoiceRecorder, type VoicedStretch } from '../../real/parts/voice-recorder.ts';
import { resultsMessage } from './results-message.ts';

const FRAME_MS = 20;
/** After so much silence an interim result is worth its while; if nothing more is said it becomes the final one. */
const INTERIM_AFTER_MS = 200;

/** What was said in one go. */
export interface HeardUtterance {
  /** Undefined where it was none of the grammar's sentences. */
  text: string | undefined;
  pcm: Buffer;
  /** When its end was noticed (`Date.now()`). */
  endedAt: number;
}

interface ListeningOptions {
  /** What was said; undefined where nothing was understood. */
  recognise(pcm: Buffer): Promise<string | undefined>;
  endOfSpeechMs: number;
  send(message: object): void;
  onUtterance(utterance: HeardUtterance): void;
  /** The recogniser itself failed. */
  onFailure(error: Error): void;
}

/** One listener's stream, from the first sound to `finish` or `end`. */
export class ListeningSession {
  readonly #options: ListeningOptions;
  readonly #requestId = randomUUID();
  #recorder: VoiceRecorder;
  #remainder = Buffer.alloc(0);
  /** How much was heard. Sound has its own clock: silence may not be sent at all. */
  #heardMs = 0;
  #finished = 0;
  /** What is said so far, and up to which voice: recognised once for each pause. */
  #interim: { lastVoiceAt: number; text: Promise<string | undefined> } | undefined;
  /** Results go out in the order of the sound. */
  #sending: Promise<void> = Promise.resolve();
  #isEnded = false;

  constructor(options: ListeningOptions) {
    this.#options = options;
    this.#recorder = this.#newRecorder();
  }

  hear(pcm: Buffer): void {
    const bytes = Buffer.concat([this.#remainder, pcm]);
    const whole = bytes.length - (bytes.length % ((recogniserSampleRate * FRAME_MS * 2) / 1000));
    this.#remainder = bytes.subarray(whole);
    for (const frame of toFrames(bytes.subarray(0, whole), FRAME_MS, recogniserSampleRate))
      this.#hearFrame(frame);
  }

  /** Ends the utterance that is being said, if any, without waiting for silence. */
  finalize(): void {
    this.#recorder.close();
    this.#report();
    this.#recorder = this.#newRecorder();
    this.#finished = 0;
  }

  /** As `finalize`, then says goodbye: the client waits for one message more before it goes. Resolves when all has been sent. */
  async finish(): Promise<void> {
    this.finalize();
    await this.#sending;
    this.#send({
      type: 'Metadata',
      request_id: this.#requestId,
      duration: this.#heardMs / 1000,
      channels: 1,
    });
  }

  /** The listener is gone: nothing is sent any more. */
  end(): void {
    this.#isEnded = true;
  }

  #newRecorder(): VoiceRecorder {
    return new VoiceRecorder({ sampleRate: recogniserSampleRate, pauseMs: this.#options.endOfSpeechMs });
  }

  #hearFrame(frame: Buffer): void {
    this.#heardMs += FRAME_MS;
    const wasSpeaking = this.#recorder.speaking;
    this.#recorder.hear(frame, this.#heardMs);
    if (!wasSpeaking && this.#recorder.speaking) {
      this.#send({
        type: 'SpeechStarted',
        channel: [0, 1],
        timestamp: (this.#recorder.startedAt ?? 0) / 1000,
      });
    }
    this.#report();
    const { soFar, startedAt, lastVoiceAt } = this.#recorder;
    if (soFar === undefined || startedAt === undefined || lastVoiceAt === undefined) return;
    if (this.#heardMs - lastVoiceAt < INTERIM_AFTER_MS || this.#interim?.lastVoiceAt === lastVoiceAt) return;
    const text = this.#recognise(soFar);
    this.#interim = { lastVoiceAt, text };
    this.#enqueue(async () => {
      const said = await text;
      if (said !== undefined)
        this.#sendResults(said, { startedAt, endedAt: lastVoiceAt }, { isFinal: false });
    });
  }

  /** Tells of the stretches that have ended since it was last called. */
  #report(): void {
    for (const stretch of this.#recorder.stretches.slice(this.#finished)) {
      this.#finished += 1;
      this.#reportUtterance(stretch);
    }
  }

  #reportUtterance(stretch: VoicedStretch): void {
    const endedAt = Date.now();
    const known = this.#interim?.lastVoiceAt === stretch.endedAt ? this.#interim.text : undefined;
    const recognised = known ?? this.#recognise(stretch.pcm);
    this.#interim = undefined;
    this.#enqueue(async () => {
      const text = await recognised;
      this.#options.onUtterance({ text, pcm: stretch.pcm, endedAt });
      if (text !== undefined) this.#sendResults(text, stretch, { isFinal: true });
      this.#sendResults('', stretch, { isFinal: true, isEndOfSpeech: true });
    });
  }

  #recognise(pcm: Buffer): Promise<string | undefined> {
    return this.#options.recognise(pcm);
  }

  #enqueue(task: () => Promise<void>): void {
    this.#sending = this.#sending.then(task).catch((error: unknown) => {
      if (!this.#isEnded) this.#options.onFailure(error instanceof Error ? error : new Error(String(error)));
    });
  }

  #sendResults(
    transcript: string,
    { startedAt, endedAt }: { startedAt: number; endedAt: number },
    kind: { isFinal: boolean; isEndOfSpeech?: boolean },
  ): void {
    this.#send(resultsMessage({ transcript, startedAt, endedAt, requestId: this.#requestId, ...kind }));
  }

  #send(message: object): void {
    if (!this.#isEnded) this.#options.send(message);
  }
}
