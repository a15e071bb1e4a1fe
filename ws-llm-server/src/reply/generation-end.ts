/** What a reply was when it ended, and how it did. Knows neither how it ran nor who is told. */
import type { BackendContext, BackendFinishReason, BackendToolCall, BackendUsage } from '../backend.ts';
import type { ToolUse } from '../context/exchanges.ts';

interface GenerationRecord {
  /** All text that was handed on. */
  text: string;
  /** What the model has written of everything, reasoning and calls included, in UTF-16 units. */
  chars: number;
  /** Calls for the client to answer. */
  toolCalls: BackendToolCall[];
  /** Calls that the persona answered itself. */
  toolUses: ToolUse[];
  /** What the model counted; undefined where it told nothing. */
  usage: BackendUsage | undefined;
  /** What had to go so that the request fitted the model; undefined where nothing had to. */
  context: BackendContext | undefined;
  /** Who answered, or was asked last, where one backend stands for several. */
  backend: string | undefined;
  /** Which model did, where that is not the backend's own. */
  model: string | undefined;
  /** From the start to the first content, in milliseconds; undefined where none came. */
  firstTokenMs: number | undefined;
}

export type Outcome =
  | { type: 'finished'; reason: BackendFinishReason | 'cancelled' }
  | { type: 'failed'; error: unknown };

export type GenerationEnd = GenerationRecord & Outcome;
