/** What a dialect gives: one reply in its words, event by event. Knows neither when an event leaves nor by which transport. */
import type { Behaviour, FakeToolCall } from './behaviour.ts';

/** The words of one reply. Made anew for each: a dialect may number its events. */
export interface ReplyFormat {
  contentType: string;
  /** What is sent before the model has said anything. */
  opening(): string[];
  text(token: string): string[];
  reasoning(token: string): string[];
  /** In pieces, as the dialect sends them. */
  toolCalls(calls: readonly FakeToolCall[]): string[];
  /** What ends a reply: finish reason, usage, end marker. `sent` counts tokens of text. */
  end(behaviour: Behaviour, sent: number): string[];
  error(message: string): string[];
  malformed: string;
}

/** What a prompt costs where nobody says otherwise, whatever is in it. */
export const usualPromptTokens = 11;
