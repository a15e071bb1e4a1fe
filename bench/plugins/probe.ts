/** What a probe is, and the conversation that probes have. Knows no plugin. */
import { llm, type APIConnectOptions } from '@livekit/agents';
import type { Candidate, CandidateName } from './candidates.ts';

export interface Finding {
  /** What was counted, in words for the table. */
  value: string;
  /** Undefined where nothing is judged. */
  isRight: boolean | undefined;
  /** For those that are measured against it. */
  measured?: number;
}

/** What was found so far, of those that had their turn. */
export type Findings = Partial<Record<CandidateName, Finding>>;

export interface Probe {
  title: string;
  /** How each is known to do. Another finding means that the probe, or the plugin, is not what it was. */
  expected: Record<CandidateName, boolean | undefined>;
  /** `before`: of the candidates that were probed before this one. */
  run: (candidate: Candidate, before: Findings) => Promise<Finding>;
}

/** The faults of the official plugins were found before; a probe that does not find them proves nothing. */
export const onlyOurs = { 'ws-llm': true, 'openai chat': false, 'openai responses': false } as const;
export const allButResponses = { 'ws-llm': true, 'openai chat': true, 'openai responses': false } as const;
export const notJudged = {
  'ws-llm': undefined,
  'openai chat': undefined,
  'openai responses': undefined,
} as const;

export const once: APIConnectOptions = { maxRetry: 0, retryIntervalMs: 10, timeoutMs: 10_000 };

/** Eight small tools, as agents have. */
export const tools = Array.from({ length: 8 }, (_, at) =>
  llm.tool({
    name: `tool_${at}`,
    description:
      'Does what a tool of a usual size does, and says so in two short sentences. It takes a city.',
    parameters: {
      type: 'object',
      properties: {
        city: { type: 'string', description: 'The name of a city, as people say it' },
        day: { type: 'string', description: 'A day, in words or as a date' },
      },
      required: ['city'],
    },
    execute: async () => '',
  }),
);

/** A conversation of so many items, the last of them a question. */
export function talkOf(items: number): llm.ChatContext {
  const chatCtx = llm.ChatContext.empty();
  for (let left = items; left > 0; left -= 1) {
    const role = left % 2 === 1 ? 'user' : 'assistant';
    chatCtx.addMessage({
      role,
      content: `About as much as people say in one turn of a talk, number ${left}.`,
    });
  }
  return chatCtx;
}

/** Asks with a copy, as LiveKit does. Whether it was answered, and how long that took; an error is emitted, as LiveKit's are, and never thrown. */
export async function answerTo(
  plugin: llm.LLM,
  chatCtx: llm.ChatContext,
  connOptions = once,
): Promise<{ text: string; tookMs: number }> {
  const startedAt = performance.now();
  const { text } = await plugin.chat({ chatCtx: chatCtx.copy(), toolCtx: tools, connOptions }).collect();
  return { text, tookMs: performance.now() - startedAt };
}

/** Asks, and interrupts the answer after its first word. */
export async function bargeIn(plugin: llm.LLM, chatCtx: llm.ChatContext): Promise<void> {
  const stream = plugin.chat({ chatCtx: chatCtx.copy(), toolCtx: tools, connOptions: once });
  for await (const chunk of stream) if (chunk.delta?.content) break;
  stream.close();
}

/** So many words, one every 10 ms. */
export function slowWords(count: number): { tokens: string[]; tokenMs: number } {
  return { tokens: Array.from({ length: count }, (_, at) => `word${at} `), tokenMs: 10 };
}
