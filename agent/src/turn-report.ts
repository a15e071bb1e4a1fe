/** One turn in numbers, from what LiveKit and the server measured. Holds nothing of what anybody said. Times are in milliseconds. */
import type { llm } from '@livekit/agents';
import { replyExtraOf, type ReplyExtra } from 'livekit-agents-plugin-ws-llm';

interface CallerTurn {
  role: 'user';
  /** From the end of speech to the final transcript. */
  transcriptionMs: number | undefined;
  /** From the end of speech to the decision that the turn is over. */
  endOfTurnMs: number | undefined;
}

interface AgentTurn {
  role: 'assistant';
  /** The caller spoke over it. */
  interrupted: boolean;
  /** From the question to the model's first token. */
  firstTokenMs: number | undefined;
  /** From the first text to the first sound. */
  firstAudioMs: number | undefined;
  /** From the end of the caller's speech to the agent's first sound. */
  endToEndMs: number | undefined;
  /** Id of the reply, where the model made it. */
  reply: string | undefined;
  /** The server's own clock. */
  server: ReplyExtra['timing'] | undefined;
}

export type TurnReport = CallerTurn | AgentTurn;

export function reportTurn(message: llm.ChatMessage): TurnReport {
  const { role, interrupted, metrics } = message;
  if (role !== 'assistant') {
    return {
      role: 'user',
      transcriptionMs: toMs(metrics.transcriptionDelay),
      endOfTurnMs: toMs(metrics.endOfTurnDelay),
    };
  }
  const reply = replyExtraOf(message);
  return {
    role,
    interrupted,
    firstTokenMs: toMs(metrics.llmNodeTtft),
    firstAudioMs: toMs(metrics.ttsNodeTtfb),
    endToEndMs: toMs(metrics.e2eLatency),
    reply: reply?.reply,
    server: reply?.timing,
  };
}

/** LiveKit keeps a message's times in seconds. */
function toMs(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : Math.round(seconds * 1_000);
}
