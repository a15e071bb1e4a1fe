/**
 * The speech recognition of one session, which can be opened anew: exactly one recogniser hears,
 * and every other one is closed, also one that opens after the session has let go. Knows nothing of
 * why or when.
 */
import type { stt } from '@livekit/agents';
import type { AudioFrame } from '@livekit/rtc-node';
import { ReadableStream, type ReadableStreamDefaultReader } from 'node:stream/web';

export type Heard = stt.SpeechEvent | string;

/** @throws what the recogniser's plugin throws */
type OpenRecogniser = (frames: ReadableStream<AudioFrame>) => Promise<ReadableStream<Heard> | null>;

/** One run of speech recognition. */
interface Recogniser {
  hear(frame: AudioFrame): void;
  /** No more sound will come; results that are on their way still arrive. */
  finish(): void;
  /** Closes it; no more results arrive. */
  drop(): void;
  readonly results: ReadableStreamDefaultReader<Heard>;
}

export class Recognisers {
  readonly #open: OpenRecogniser;
  #current: Recogniser;
  /** The session has let go, or no more sound will come: none is opened from then on. */
  #isOver = false;
  #opening: Promise<void> | undefined;
  /** Follows the opening that is under way: settings may have changed since that one began. */
  #next: Promise<void> | undefined;

  private constructor(open: OpenRecogniser, first: Recogniser) {
    this.#open = open;
    this.#current = first;
  }

  static async open(open: OpenRecogniser): Promise<Recognisers> {
    return new Recognisers(open, await openOne(open));
  }

  /**
   * From now on a new recogniser hears. Calls during an opening share one further opening.
   * @throws what opening throws; the recogniser before goes on then
   */
  reopen(): Promise<void> {
    if (this.#opening === undefined) return this.#begin();
    this.#next ??= this.#opening
      .catch(() => {
        // The rejection reaches its own caller.
      })
      .then(() => {
        this.#next = undefined;
        return this.#begin();
      });
    return this.#next;
  }

  hear(frame: AudioFrame): void {
    this.#current.hear(frame);
  }

  finish(): void {
    this.#isOver = true;
    this.#current.finish();
  }

  drop(): void {
    this.#isOver = true;
    this.#current.drop();
  }

  /** The next result of the recogniser that hears; undefined when that one has ended. */
  async next(): Promise<Heard | undefined> {
    for (;;) {
      const current = this.#current;
      const { done, value } = await current.results.read();
      if (!done) return value;
      if (current === this.#current) return undefined;
    }
  }

  #begin(): Promise<void> {
    if (this.#isOver) return Promise.resolve();
    this.#opening = this.#replace().finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  async #replace(): Promise<void> {
    const fresh = await openOne(this.#open);
    // The one before has all the sound that there was.
    if (this.#isOver) return fresh.drop();
    const old = this.#current;
    this.#current = fresh;
    old.drop();
  }
}

async function openOne(open: OpenRecogniser): Promise<Recogniser> {
  let controller!: ReadableStreamDefaultController<AudioFrame>;
  let isOver = false;
  const finish = (): void => {
    if (!isOver) controller.close();
    isOver = true;
  };
  const frames = new ReadableStream<AudioFrame>({
    start: (own) => {
      controller = own;
    },
    cancel: () => {
      isOver = true;
    },
  });
  const results = await open(frames);
  if (results === null) throw new Error('the session has no speech recognition; give it an stt');
  const reader = results.getReader();
  return {
    hear: (frame) => {
      if (!isOver) controller.enqueue(frame);
    },
    finish,
    drop: () => {
      finish();
      // A recogniser that has failed rejects; there is no one left to tell.
      reader.cancel().catch(() => {});
    },
    results: reader,
  };
}
