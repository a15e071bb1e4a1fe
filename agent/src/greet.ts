/**
 * The first words: the persona's greeting where its server tells one. Where the server is away, says so and comes back when it does.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { log, type voice } from '@livekit/agents';
import type { WebSocketLLM } from 'livekit-agents-plugin-ws-llm';
import { arrive, type Arrival } from './arrive.ts';
import type { CurrentPersona } from './current-persona.ts';
import type { Board } from './room/board.ts';

const retryIntervalMs = 1_000;

export interface GreetOptions {
  session: voice.AgentSession;
  model: WebSocketLLM;
  persona: CurrentPersona;
  board: Board;
  arrival: Arrival;
  /** Aborted: nobody is there any more. */
  signal: AbortSignal;
}

/** Speaks, and returns when the server has been greeted for, or when `signal` aborts. */
export async function greet({
  session,
  model,
  persona,
  board,
  arrival,
  signal,
}: GreetOptions): Promise<void> {
  if (signal.aborted) return;
  if (arrival === 'there') {
    showPersona(persona, board);
    session.say(persona.card?.greeting ?? persona.sentences.greeting);
    return;
  }
  board.show('trouble', 'thinking');
  session.say(persona.sentences.serverAway, { addToChatCtx: false });
  for (;;) {
    try {
      await sleep(retryIntervalMs, undefined, { signal });
    } catch {
      return;
    }
    const later = await arrive(model, persona);
    if (signal.aborted) return;
    if (later === 'there') {
      log().info('the persona server is back');
      board.show('trouble', 'none');
      showPersona(persona, board);
      session.say(persona.card?.greeting ?? persona.sentences.serverBack);
      return;
    }
  }
}

function showPersona({ card }: CurrentPersona, board: Board): void {
  if (card === undefined) return;
  const { name, title, language } = card;
  board.show('persona', { name, title, ...(language !== undefined && { language }) });
}
