/** Puts on the board what happens in a conversation: who answers, what was collected, how long each turn took. */
import { voice } from '@livekit/agents';
import type { WebSocketLLM } from 'livekit-agents-plugin-ws-llm';
import { reportTurn } from '../turn-report.ts';
import type { Board } from './board.ts';
import { mergeSymptoms, type Symptom } from './symptoms.ts';

export interface Collected {
  readonly symptoms: readonly Symptom[];
  /** Somebody else begins. */
  clear(): void;
}

/** Listens as long as session and model live. */
export function showConversation(session: voice.AgentSession, model: WebSocketLLM, board: Board): Collected {
  let symptoms: readonly Symptom[] = [];
  session.on(voice.AgentSessionEventTypes.ConversationItemAdded, ({ item }) => {
    // LiveKit asks for replies that it drops again: what a tool found in one counts once the reply does.
    model.adopt(item);
    if (item.type === 'message') board.tell('turn', reportTurn(item));
  });
  model.on('persona_frame', ({ type, data }) => {
    board.tell('persona_frame', { type, data });
    if (type !== 'symptoms_collected') return;
    symptoms = mergeSymptoms(symptoms, data.symptoms);
    board.show('symptoms', symptoms);
  });
  return {
    get symptoms() {
      return symptoms;
    },
    clear() {
      symptoms = [];
      board.show('symptoms', symptoms);
    },
  };
}
