/**
 * The first words: the persona's greeting where its server tells one. Where the server is away, says so and comes back when it does.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { log, type voice } from '@livekit/agents';
import type { ReadyFrame, WebSocketLLM } from 'livekit-agents-plugin-ws-llm';
import { sentences } from './sentences.ts';
import { followPersona, type SpeechParts } from './speech-parts.ts';

/** Who answers; `undefined` inside where the server does not say, as plain ones do not. */
export type Arrival = { type: 'there'; ready: ReadyFrame | undefined } | { type: 'away' };

const retryIntervalMs = 1_000;

/** Asks once. Never throws. */
export async function arrive(model: WebSocketLLM, parts: SpeechParts): Promise<Arrival> {
  try {
    const ready = await model.ready();
    if (ready !== undefined) followPersona(parts, ready.persona);
    return { type: 'there', ready };
  } catch (error) {
    log().warn({ error }, 'the persona server cannot be reached');
    return { type: 'away' };
  }
}

export interface GreetOptions {
  session: voice.AgentSession;
  model: WebSocketLLM;
  parts: SpeechParts;
  arrival: Arrival;
  /** Aborted: nobody is there any more. */
  signal: AbortSignal;
}

/** Speaks, and returns when the server has been greeted for, or when `signal` aborts. */
export async function greet({ session, model, parts, arrival, signal }: GreetOptions): Promise<void> {
  if (arrival.type === 'there') {
    session.say(arrival.ready?.persona.greeting ?? sentences.greeting);
    return;
  }
  session.say(sentences.serverAway, { addToChatCtx: false });
  for (;;) {
    try {
      await sleep(retryIntervalMs, undefined, { signal });
    } catch {
      return;
    }
    const later = await arrive(model, parts);
    if (signal.aborted) return;
    if (later.type === 'there') {
      session.say(later.ready?.persona.greeting ?? sentences.serverBack);
      return;
    }
  }
}
