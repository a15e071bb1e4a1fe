/**
 * What a server that speaks OpenAI's API has refused of the options that a reply does not depend on. Knows how to ask without
 * them, and remembers it once that has worked. One per server; sends nothing itself.
 */
import type { ChatCompletionCreateParamsStreaming } from 'openai/resources/chat/completions';

type Chat = ChatCompletionCreateParamsStreaming;

/** Without these a reply costs more to account for, or thinks otherwise than asked; with them some servers give none. */
const dispensable = ['stream_options', 'parallel_tool_calls', 'reasoning_effort'] as const;
type Dispensable = (typeof dispensable)[number];

/** Two names of one limit: OpenAI's newer models refuse the older name, most other servers do not know the newer. */
const limitNames = ['max_tokens', 'max_completion_tokens'] as const;

/** A limit may also be refused for its value, which its other name does not mend. */
const saysUnknown =
  /unsupported|not (?:supported|permitted|allowed)|unknown|unrecogni[sz]ed|unexpected|extra|additional|does not support/i;

/** Values of an option come from clients: so many are remembered, no more. */
const maxRemembered = 64;

/** What was given up to please the server, within one attempt to get a reply. */
export type Conceded = Set<Dispensable | 'limit'>;

export class RefusedOptions {
  /** Option and value: a model may take one effort and refuse another. */
  readonly #refused = new Set<string>();
  #limitName: (typeof limitNames)[number] = 'max_tokens';

  /** The request as this server is known to take it. */
  fit(chat: Chat): Chat {
    const named = withLimitName(chat, this.#limitName);
    // As most servers take it.
    if (this.#refused.size === 0) return named;
    const refused = dispensable.filter((name) => this.#refused.has(key(chat, name)));
    return without(named, refused);
  }

  /**
   * The request to ask with instead, where `complaint` names options that can be spared; undefined where it does not. Notes them in
   * `conceded`, so that each is given up only once.
   */
  concede(chat: Chat, complaint: string, conceded: Conceded): Chat | undefined {
    const named = dispensable.filter((name) => chat[name] !== undefined && names(complaint, name));
    const next = without(chat, named);
    const limit = limitNames.find((name) => typeof chat[name] === 'number');
    const swaps =
      limit !== undefined &&
      !conceded.has('limit') &&
      names(complaint, limit) &&
      (saysUnknown.test(complaint) || names(complaint, otherName(limit)));
    for (const name of named) conceded.add(name);
    if (swaps) conceded.add('limit');
    if (swaps) return withLimitName(next, otherName(limit));
    return named.length > 0 ? next : undefined;
  }

  /** The server took `taken` after it had refused more: so ask from now on. */
  learn(chat: Chat, taken: Chat, conceded: Conceded): void {
    if (conceded.has('limit'))
      this.#limitName = taken.max_tokens === undefined ? 'max_completion_tokens' : 'max_tokens';
    for (const name of dispensable) {
      if (conceded.has(name) && this.#refused.size < maxRemembered) this.#refused.add(key(chat, name));
    }
  }
}

function key(chat: Chat, name: Dispensable): string {
  return `${name}=${JSON.stringify(chat[name])}`;
}

function names(complaint: string, option: string): boolean {
  return new RegExp(`\\b${option}\\b`).test(complaint);
}

function without(chat: Chat, options: readonly Dispensable[]): Chat {
  const rest = { ...chat };
  for (const name of options) delete rest[name];
  return rest;
}

function otherName(name: (typeof limitNames)[number]): (typeof limitNames)[number] {
  return name === 'max_tokens' ? 'max_completion_tokens' : 'max_tokens';
}

function withLimitName(chat: Chat, name: (typeof limitNames)[number]): Chat {
  if (chat[otherName(name)] === undefined) return chat;
  const { max_tokens: older, max_completion_tokens: newer, ...rest } = chat;
  const limit = older ?? newer;
  return typeof limit === 'number' ? { ...rest, [name]: limit } : rest;
}
