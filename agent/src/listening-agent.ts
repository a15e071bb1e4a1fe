/**
 * The agent as LiveKit's session knows it, with speech recognition that can be opened anew:
 * Deepgram's plugin goes on for ever with a socket that was cut, hears nothing any more and reports
 * nothing; and an option that changes, such as the language, is used from the next socket on. Knows
 * nothing of why or when.
 */
import { voice, type llm } from '@livekit/agents';
import { ReadableStream } from 'node:stream/web';
import { HeardSoFar } from './heard-so-far.ts';
import { type Heard, Recognisers } from './recognisers.ts';

export class ListeningAgent extends voice.Agent {
  #heard: HeardSoFar | undefined;
  #recognisers: Recognisers | undefined;

  /** Who the agent is stays with the server, so there is nothing to instruct here. */
  constructor() {
    super({ instructions: '' });
  }

  /**
   * From now on a new socket hears; results that the old one has not sent yet are lost. Does
   * nothing before the session has begun.
   */
  async listenAnew(): Promise<void> {
    await this.#recognisers?.reopen();
  }

  override async sttNode(
    ...[audio, settings]: Parameters<voice.Agent['sttNode']>
  ): Promise<ReadableStream<Heard>> {
    const recognisers = await Recognisers.open((frames) =>
      voice.Agent.default.sttNode(this, frames, settings),
    );
    const sound = audio instanceof ReadableStream ? audio : ReadableStream.from(audio);
    const source = sound.getReader();
    const pump = async (): Promise<void> => {
      for (let read = await source.read(); !read.done; read = await source.read()) {
        recognisers.hear(read.value);
      }
    };
    this.#recognisers = recognisers;
    void pump()
      .catch(() => {
        // A source that fails gives no more sound.
      })
      .finally(() => recognisers.finish());
    return new ReadableStream<Heard>({
      async pull(controller) {
        const heard = await recognisers.next();
        if (heard === undefined) controller.close();
        else controller.enqueue(heard);
      },
      cancel: () => {
        if (this.#recognisers === recognisers) this.#recognisers = undefined;
        recognisers.drop();
        source.cancel().catch(() => {});
      },
    });
  }

  override async onEnter(): Promise<void> {
    this.#heard = new HeardSoFar(this.session);
  }

  override async onUserTurnCompleted(told: llm.ChatContext): Promise<void> {
    await this.#heard?.addTo(told, () => this.chatCtx.items);
  }
}
