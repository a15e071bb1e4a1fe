/** What the demo's reply is made of, step by step, before it is paced. Knows nothing of what is asked. */
import type { BackendError, BackendFinishReason, BackendToolCall } from '../backend.ts';

export type DemoStep =
  /** Comes word by word. */
  | { type: 'text' | 'reasoning'; text: string; wordMs?: number }
  | { type: 'tool_call'; call: BackendToolCall }
  /** Nothing comes; undefined: ever again. */
  | { type: 'silence'; forMs: number | undefined }
  /** The end, where it is not the usual one; `cut`: the reply ends without one. */
  | { type: 'fail'; error: BackendError }
  | { type: 'cut' }
  | { type: 'finish'; reason: BackendFinishReason };

export function say(text: string): DemoStep {
  return { type: 'text', text };
}
