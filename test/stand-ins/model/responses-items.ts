/** The output items of OpenAI Responses and the events that open, fill and close each. Pure; who numbers the events is not known here. */
import type { ResponseOutputItem, ResponseStreamEvent } from 'openai/resources/responses/responses';
import type { FakeToolCall } from './behaviour.ts';

type Unnumbered<Event> = Event extends unknown ? Omit<Event, 'sequence_number'> : never;
/** As it is before it has its place in the stream. */
export type ResponsesEvent = Unnumbered<ResponseStreamEvent>;

/** An item that is being written: what the model thinks, or what it says. */
export interface OpenItem {
  type: 'reasoning' | 'message';
  id: string;
  /** Its place in the output. */
  index: number;
  written: string;
}

export function openItem({ type, id, index }: OpenItem): ResponsesEvent[] {
  const at = { item_id: id, output_index: index };
  const added = { type: 'response.output_item.added' as const, output_index: index };
  if (type === 'reasoning') {
    const part = { type: 'summary_text' as const, text: '' };
    return [
      { ...added, item: { type, id, summary: [], status: 'in_progress' } },
      { type: 'response.reasoning_summary_part.added', ...at, summary_index: 0, part },
    ];
  }
  const part = { type: 'output_text' as const, text: '', annotations: [] };
  return [
    { ...added, item: { type, id, role: 'assistant', status: 'in_progress', content: [] } },
    { type: 'response.content_part.added', ...at, content_index: 0, part },
  ];
}

export function itemDelta({ type, id, index }: OpenItem, delta: string): ResponsesEvent {
  const at = { item_id: id, output_index: index };
  return type === 'reasoning'
    ? { type: 'response.reasoning_summary_text.delta', ...at, summary_index: 0, delta }
    : { type: 'response.output_text.delta', ...at, content_index: 0, delta, logprobs: [] };
}

/** What an item comes to, and the events that say so. */
export interface ClosedItem {
  item: ResponseOutputItem;
  events: ResponsesEvent[];
}

export function closeItem({ type, id, index, written: text }: OpenItem): ClosedItem {
  const at = { item_id: id, output_index: index };
  if (type === 'reasoning') {
    const part = { type: 'summary_text' as const, text };
    const item: ResponseOutputItem = { type, id, summary: [part], status: 'completed' };
    return {
      item,
      events: [
        { type: 'response.reasoning_summary_text.done', ...at, summary_index: 0, text },
        { type: 'response.reasoning_summary_part.done', ...at, summary_index: 0, part },
        { type: 'response.output_item.done', output_index: index, item },
      ],
    };
  }
  const part = { type: 'output_text' as const, text, annotations: [] };
  const item: ResponseOutputItem = { type, id, role: 'assistant', status: 'completed', content: [part] };
  return {
    item,
    events: [
      { type: 'response.output_text.done', ...at, content_index: 0, text, logprobs: [] },
      { type: 'response.content_part.done', ...at, content_index: 0, part },
      { type: 'response.output_item.done', output_index: index, item },
    ],
  };
}

/** A tool call from its opening to its end; its arguments come in two pieces. */
export function callItem(
  { id: call_id, name, arguments: args }: FakeToolCall,
  id: string,
  index: number,
): ClosedItem {
  const call = { type: 'function_call' as const, id, call_id, name };
  const at = { item_id: id, output_index: index };
  const item: ResponseOutputItem = { ...call, arguments: args, status: 'completed' };
  const middle = Math.ceil(args.length / 2);
  const delta = 'response.function_call_arguments.delta' as const;
  return {
    item,
    events: [
      {
        type: 'response.output_item.added',
        output_index: index,
        item: { ...call, arguments: '', status: 'in_progress' },
      },
      { type: delta, ...at, delta: args.slice(0, middle) },
      { type: delta, ...at, delta: args.slice(middle) },
      { type: 'response.function_call_arguments.done', ...at, name, arguments: args },
      { type: 'response.output_item.done', output_index: index, item },
    ],
  };
}
