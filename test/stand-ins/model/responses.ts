/**
 * A reply in the words of OpenAI Responses: its events in their order, numbered, and the response that they add up to.
 * The same events go over server-sent events and over a WebSocket; a ResponsesEncoding writes them for either.
 */
import type { Response, ResponseOutputItem } from 'openai/resources/responses/responses';
import type { Behaviour, FakeToolCall } from './behaviour.ts';
import { usualPromptTokens, type ReplyFormat } from './reply-format.ts';
import {
  callItem,
  type ClosedItem,
  closeItem,
  itemDelta,
  type OpenItem,
  openItem,
  type ResponsesEvent,
} from './responses-items.ts';

export interface ResponsesEncoding {
  encode(event: ResponsesEvent & { sequence_number: number }): string;
  malformed: string;
}

const halfAnEvent = '{"type":"response.output_te';

export const sseEncoding: ResponsesEncoding = {
  encode: (event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`,
  malformed: `data: ${halfAnEvent}\n\n`,
};

export const socketEncoding: ResponsesEncoding = {
  encode: (event) => JSON.stringify(event),
  malformed: halfAnEvent,
};

export class ResponsesReply implements ReplyFormat {
  readonly contentType = 'text/event-stream';
  readonly malformed: string;
  readonly #id: string;
  readonly #request: Record<string, unknown>;
  readonly #encoding: ResponsesEncoding;
  readonly #output: ResponseOutputItem[] = [];
  #item: OpenItem | undefined;
  #events = 0;
  #reasoningTokens = 0;

  constructor(id: string, request: Record<string, unknown>, encoding: ResponsesEncoding) {
    this.#id = id;
    this.#request = request;
    this.#encoding = encoding;
    this.malformed = encoding.malformed;
  }

  opening(): string[] {
    const response = this.#response('in_progress');
    return this.#encoded([
      { type: 'response.created', response },
      { type: 'response.in_progress', response },
    ]);
  }

  reasoning(token: string): string[] {
    this.#reasoningTokens += 1;
    return this.#write('reasoning', token);
  }

  text(token: string): string[] {
    return this.#write('message', token);
  }

  toolCalls(calls: readonly FakeToolCall[]): string[] {
    const closing = this.#close();
    const events = calls.flatMap((call) =>
      this.#keep(callItem(call, this.#newId('fc'), this.#output.length)),
    );
    return this.#encoded([...closing, ...events]);
  }

  end({ finishReason = 'stop', usage }: Behaviour, sent: number): string[] {
    const closing = this.#close();
    const counts = usage === false ? {} : { usage: this.#usage(sent) };
    if (finishReason === 'stop') {
      const response = this.#response('completed', counts);
      return this.#encoded([...closing, { type: 'response.completed', response }]);
    }
    const reason = finishReason === 'length' ? 'max_output_tokens' : 'content_filter';
    const response = this.#response('incomplete', { ...counts, incomplete_details: { reason } });
    return this.#encoded([...closing, { type: 'response.incomplete', response }]);
  }

  error(message: string): string[] {
    const response = this.#response('failed', { error: { code: 'server_error', message } });
    return this.#encoded([{ type: 'response.failed', response }]);
  }

  #write(type: OpenItem['type'], token: string): string[] {
    const events: ResponsesEvent[] = [];
    let item = this.#item;
    if (item?.type !== type) {
      events.push(...this.#close());
      const id = this.#newId(type === 'message' ? 'msg' : 'rs');
      item = { type, id, index: this.#output.length, written: '' };
      this.#item = item;
      events.push(...openItem(item));
    }
    item.written += token;
    return this.#encoded([...events, itemDelta(item, token)]);
  }

  #close(): ResponsesEvent[] {
    if (this.#item === undefined) return [];
    const closed = closeItem(this.#item);
    this.#item = undefined;
    return this.#keep(closed);
  }

  #keep({ item, events }: ClosedItem): ResponsesEvent[] {
    this.#output.push(item);
    return events;
  }

  #newId(kind: string): string {
    return `${kind}_${this.#id}_${this.#output.length}`;
  }

  #encoded(events: readonly ResponsesEvent[]): string[] {
    return events.map((event) => {
      const sequence_number = this.#events;
      this.#events += 1;
      return this.#encoding.encode({ ...event, sequence_number });
    });
  }

  #usage(sent: number): NonNullable<Response['usage']> {
    const output_tokens = sent + this.#reasoningTokens;
    return {
      input_tokens: usualPromptTokens,
      input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
      output_tokens,
      output_tokens_details: { reasoning_tokens: this.#reasoningTokens },
      total_tokens: usualPromptTokens + output_tokens,
    };
  }

  #response(status: NonNullable<Response['status']>, rest: Partial<Response> = {}): Response {
    const { model, previous_response_id, store, tools } = this.#request;
    const wire = {
      id: this.#id,
      object: 'response',
      created_at: 1,
      status,
      model,
      output: status === 'in_progress' ? [] : [...this.#output],
      error: null,
      incomplete_details: null,
      instructions: null,
      metadata: {},
      parallel_tool_calls: true,
      previous_response_id: previous_response_id ?? null,
      store: store ?? true,
      temperature: 1,
      tool_choice: 'auto',
      tools: tools ?? [],
      top_p: 1,
      ...rest,
    };
    // `output_text` is the SDK's own and not on the wire; the tools are the client's, word for word.
    return wire as unknown as Response;
  }
}
