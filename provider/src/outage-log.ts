/**
 * What happens to the connection, in the log of LiveKit: once per outage, and without what anybody said.
 * Knows no LLM, so that the socket that it listens to keeps none alive.
 */
import { log, loggerOptions } from '@livekit/agents';
import type { ConnectionState } from '@ws-llm/client';

export class OutageLog {
  readonly #url: string;
  #lossTold = false;
  #dropTold = false;

  constructor(url: string) {
    this.#url = url;
  }

  state(state: ConnectionState): void {
    const url = this.#url;
    switch (state.type) {
      case 'open':
        if (this.#lossTold) tell('info', { url }, 'the persona server is back');
        this.#lossTold = false;
        return;
      case 'waiting':
      case 'refused': {
        if (this.#lossTold) return;
        this.#lossTold = true;
        const { message } = state.error;
        if (state.type === 'refused')
          tell('error', { url, message }, 'the persona server refused the connection');
        else tell('warn', { url, message }, 'no connection to the persona server; trying again');
        return;
      }
      case 'idle':
      case 'connecting':
      case 'closed':
        return;
    }
  }

  unexpected(message: string): void {
    tell('warn', { url: this.#url, message }, 'the server sent what is no frame');
  }

  /** A request had to go without these. Told once. */
  dropped(what: string[]): void {
    if (this.#dropTold) return;
    this.#dropTold = true;
    const message = 'this server cannot be asked all that LiveKit asks; the rest was left out';
    tell('warn', { url: this.#url, dropped: what }, message);
  }

  /** A listener of an event threw. */
  listenerFailed(error: unknown): void {
    tell('error', { url: this.#url, error }, 'a listener of a WebSocketLLM failed');
  }
}

/** LiveKit's logger throws before `initializeLogger()`, and an LLM may be made before that. */
function tell(level: 'info' | 'warn' | 'error', fields: Record<string, unknown>, message: string): void {
  if (loggerOptions() !== undefined) log()[level](fields, message);
}
