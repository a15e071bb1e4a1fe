/**
 * What the caller heard of an answer that they talked over belongs into what the model is told with their next words. LiveKit writes it down a
 * moment after it has asked the model, which would then learn of it one turn late, and out of order.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { voice, type llm } from '@livekit/agents';

const { SpeechCreated } = voice.AgentSessionEventTypes;

/** Longer than it takes to write it down; a caller waits for it. In milliseconds. */
const patienceMs = 1_000;

export class HeardSoFar {
  readonly #open = new Set<voice.SpeechHandle>();

  /** Listens as long as the session lives. */
  constructor(session: voice.AgentSession) {
    session.on(SpeechCreated, ({ speechHandle }) => {
      this.#open.add(speechHandle);
      speechHandle.addDoneCallback(() => this.#open.delete(speechHandle));
    });
  }

  /**
   * Resolves when nothing more of what was interrupted is to come, and what was heard of it is in `told`.
   * @param written the conversation as LiveKit has it
   * @param told what the model is about to be told, but for the caller's new words
   */
  async addTo(told: llm.ChatContext, written: () => readonly llm.ChatItem[]): Promise<void> {
    const interrupted = [...this.#open].filter((speech) => speech.interrupted);
    if (interrupted.length === 0) return;
    const waiting = new AbortController();
    const patience = sleep(patienceMs, undefined, { signal: waiting.signal }).catch(() => {});
    try {
      await Promise.race([Promise.all(interrupted.map((speech) => speech.waitForPlayout())), patience]);
    } finally {
      waiting.abort();
    }
    const known = new Set(told.items.map(({ id }) => id));
    told.insert(written().filter(({ id }) => !known.has(id)));
  }
}
