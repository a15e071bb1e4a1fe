/**
 * The agent as LiveKit's session knows it, with ears that can be opened anew: Deepgram's plugin goes on for ever with a socket that was cut,
 * hears nothing any more and tells nobody; and what it is told later, such as another language, holds from the next socket on.
 * Knows nothing of why or when.
 */
import { voice, type llm, type stt } from '@livekit/agents';
import type { AudioFrame } from '@livekit/rtc-node';
import { ReadableStream, type ReadableStreamDefaultReader } from 'node:stream/web';
import { HeardSoFar } from './heard-so-far.ts';

type Heard = stt.SpeechEvent | string;

/** One run of speech recognition. */
interface Ear {
  hear(frame: AudioFrame): void;
  /** No more sound will come; what is on its way is still told. */
  finish(): void;
  /** Nothing is told any more. */
  drop(): void;
  readonly told: ReadableStreamDefaultReader<Heard>;
}

export class ListeningAgent extends voice.Agent {
  #heard: HeardSoFar | undefined;
  #reopen: (() => Promise<void>) | undefined;

  /** Who the agent is stays with the server, so there is nothing to instruct here. */
  constructor() {
    super({ instructions: '' });
  }

  /** From now on a fresh socket hears; what the old one has not told yet is lost. Does nothing before the session has begun. */
  async listenAnew(): Promise<void> {
    await this.#reopen?.();
  }

  override async sttNode(
    ...[audio, settings]: Parameters<voice.Agent['sttNode']>
  ): Promise<ReadableStream<Heard>> {
    let ear = await this.#openEar(settings);
    const sound = audio instanceof ReadableStream ? audio : ReadableStream.from(audio);
    const source = sound.getReader();
    const pump = async (): Promise<void> => {
      for (let read = await source.read(); !read.done; read = await source.read()) ear.hear(read.value);
      ear.finish();
    };
    const reopen = async (): Promise<void> => {
      const old = ear;
      ear = await this.#openEar(settings);
      old.drop();
    };
    this.#reopen = reopen;
    void pump().catch(() => ear.finish());
    return new ReadableStream<Heard>({
      async pull(controller) {
        for (;;) {
          const current = ear;
          const { done, value } = await current.told.read();
          if (!done) return controller.enqueue(value);
          if (current === ear) return controller.close();
        }
      },
      cancel: () => {
        if (this.#reopen === reopen) this.#reopen = undefined;
        ear.drop();
        void source.cancel();
      },
    });
  }

  override async onEnter(): Promise<void> {
    this.#heard = new HeardSoFar(this.session);
  }

  override async onUserTurnCompleted(told: llm.ChatContext): Promise<void> {
    await this.#heard?.addTo(told, () => this.chatCtx.items);
  }

  async #openEar(settings: Parameters<voice.Agent['sttNode']>[1]): Promise<Ear> {
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
    const told = await voice.Agent.default.sttNode(this, frames, settings);
    if (told === null) throw new Error('there is nothing to hear with');
    const reader = told.getReader();
    return {
      hear: (frame) => {
        if (!isOver) controller.enqueue(frame);
      },
      finish,
      drop: () => {
        finish();
        void reader.cancel();
      },
      told: reader,
    };
  }
}
