/** How the fake model behaves for one request: what it says, how fast, and how it fails. */

export interface FakeToolCall {
  id: string;
  name: string;
  /** JSON text. */
  arguments: string;
}

/** How a reply goes wrong. `after` counts tokens that were sent before. A model that refuses connections: `FakeModel.stopListening`. */
export type Failure =
  /** Answers with a status instead of a stream; on a WebSocket, which has none, with an error event that tells it. */
  | {
      type: 'status';
      status: number;
      message?: string;
      /** As the header says it: seconds, or a date. */
      retryAfter?: string;
      /** OpenAI's own word for it, such as `rate_limit_exceeded`. */
      code?: string;
    }
  /** Accepts the request and says nothing, after so many tokens. */
  | { type: 'silent'; after: number }
  /** Ends the stream properly, but without the model's own end marker. */
  | { type: 'cut'; after: number }
  /** Resets the connection. */
  | { type: 'reset'; after: number }
  /** Sends a line that cannot be read. */
  | { type: 'malformed'; after: number }
  /** Sends an error in the dialect's own words inside the stream. */
  | { type: 'error'; after: number; message: string };

export interface Behaviour {
  tokens: readonly string[];
  reasoning?: readonly string[];
  toolCalls?: readonly FakeToolCall[];
  finishReason?: 'stop' | 'length' | 'content_filter';
  /**
   * Token n of a reply, reasoning included and counted from 0, leaves at `firstTokenMs + n * tokenMs` after its request came: never
   * before, and without drift. Milliseconds; 0 sends as fast as it can.
   */
  firstTokenMs?: number;
  tokenMs?: number;
  failure?: Failure;
  /** Sends the stream in pieces of so many bytes, so that characters and lines are split anywhere. */
  pieceBytes?: number;
  /** False: tells no token counts. */
  usage?: boolean;
  /** What it says that the prompt came to. Default: 11, whatever is in it. */
  promptTokens?: number;
}

export const defaultBehaviour: Behaviour = { tokens: ['Hello', ', ', 'how ', 'are ', 'you?'] };

/** Says this, word by word. */
export function saying(text: string): Behaviour {
  return { tokens: text.split(/(?<= )/) };
}
