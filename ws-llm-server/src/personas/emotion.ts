/**
 * How a reply feels, in one of the words that its persona lists: asked of the same model, after the reply.
 * Knows neither frames nor when to ask.
 */
import type { Backend, BackendRequest } from '../backend.ts';
import { failureText } from '../failure-text.ts';
import { type Logger, silentLogger } from '../logger.ts';
import type { Persona } from './persona.ts';
import { runBounded } from './run-bounded.ts';

export interface ClassifyEmotionOptions {
  /** Aborted: nobody wants to know any more. */
  signal: AbortSignal;
  timeoutMs: number;
  /**
   * The request that the reply answered. With it the question is asked as the conversation's next turn, so that a model with one
   * prefix cache keeps the conversation in it. Default: the reply alone is shown.
   */
  after?: BackendRequest;
  /** Hears, at `debug`, why there is no answer. Default: silent. */
  logger?: Logger;
}

/** Enough for any word in any alphabet, and for a little more around it. */
const maxTokens = 16;
/** How a reply feels at its end is how it feels; a long one costs no more than a short one. */
const maxSaidChars = 2_000;
/** Limit for a model that ignores `maxTokens`. */
const maxAnswerChars = 1_000;

/** Pure. Short where `after` is not given; else `after` and the reply, word for word, and the question behind them. */
export function buildEmotionRequest(
  emotions: readonly string[],
  said: string,
  { after, model }: { after?: BackendRequest | undefined; model?: string | undefined } = {},
): BackendRequest {
  const question = `Which one of these words fits best how it feels: ${emotions.join(', ')}? Answer with that word alone.`;
  const params = { temperature: 0, maxTokens, reasoningEffort: 'none' };
  if (after !== undefined) {
    // Its tools stay, because they are part of the prefix; that one has to be called does not.
    const { toolChoice: _, ...request } = after;
    return {
      ...request,
      messages: [
        ...after.messages,
        { role: 'assistant', content: said },
        { role: 'user', content: `Do not answer as before. Look at your last reply. ${question}` },
      ],
      params,
    };
  }
  return {
    ...(model !== undefined && { model }),
    messages: [
      { role: 'system', content: 'You tell how a text feels. You answer with one word.' },
      { role: 'user', content: `${said.slice(-maxSaidChars)}\n\nThat was the text. ${question}` },
    ],
    params,
  };
}

/** The one word of `emotions` that `answer` names, as it is written there; undefined where it names none, or several. */
export function readEmotion(answer: string, emotions: readonly string[]): string | undefined {
  // The longest first, so that "very happy" is not taken for "happy".
  const words = emotions.toSorted((one, other) => other.length - one.length).map(escape);
  const pattern = new RegExp(`(?<![\\p{L}\\p{N}])(?:${words.join('|')})(?![\\p{L}\\p{N}])`, 'giu');
  const named = new Set([...answer.matchAll(pattern)].map(([word]) => word.toLowerCase()));
  return named.size === 1 ? emotions.find((word) => named.has(word.toLowerCase())) : undefined;
}

/**
 * Asks `backend` how `said` feels. Undefined where the persona lists no words, where the model names none or several of them, and where
 * it fails or takes too long. Never rejects.
 */
export async function classifyEmotion(
  backend: Backend,
  { emotions = [], model }: Pick<Persona, 'emotions' | 'model'>,
  said: string,
  { signal, timeoutMs, after, logger = silentLogger }: ClassifyEmotionOptions,
): Promise<string | undefined> {
  if (emotions.length === 0 || said.trim() === '') return undefined;
  const request = buildEmotionRequest(emotions, said, { after, model });
  const outcome = await runBounded((inner) => ask(backend, request, inner), {
    signal,
    deadlineMs: timeoutMs,
  });
  if (outcome.type === 'returned') return readEmotion(outcome.value, emotions);
  const reason =
    outcome.type === 'threw' ? failureText(outcome.error, { request, secrets: backend.secrets }) : undefined;
  logger.debug({ outcome: outcome.type, reason }, 'how a reply feels could not be told');
  return undefined;
}

async function ask(backend: Backend, request: BackendRequest, signal: AbortSignal): Promise<string> {
  let text = '';
  let isWhole = false as boolean;
  const enough = new AbortController();
  await backend.reply(request, {
    signal: AbortSignal.any([signal, enough.signal]),
    onEvent(event) {
      if (enough.signal.aborted) return;
      if (event.type === 'text') text += event.text;
      if (event.type === 'finish') isWhole = true;
      if (text.length > maxAnswerChars) enough.abort(new Error('the model answered with more than a word'));
    },
  });
  if (isWhole) return text;
  throw new Error("the model's answer broke off before its end");
}

function escape(word: string): string {
  return word.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`);
}
