/**
 * Checks and copies the events of a backend that is not ours: adds ids to calls, separates
 * reasoning that was written into text, corrects the finish reason. One per reply.
 */
import { randomUUID } from 'node:crypto';
import {
  type BackendContext,
  BackendError,
  type BackendEvent,
  type BackendFinishReason,
  type BackendListener,
  type BackendRequest,
  type BackendToolCall,
} from '../backend.ts';
import { CallLimits } from './call-limits.ts';
import { asRecord, isCount } from './foreign-results.ts';
import { InlineReasoning } from './inline-reasoning.ts';
import { shownName } from './shown-name.ts';
import { handOnWords } from './words-in-pieces.ts';

type Finish = Extract<BackendEvent, { type: 'finish' }>;
type Fields = Record<string, unknown>;

const finishReasons: readonly BackendFinishReason[] = ['stop', 'length', 'tool_calls', 'content_filter'];

export class ForeignEvents {
  readonly #culprit: string;
  readonly #maxCalls: number;
  readonly #listener: BackendListener;
  readonly #words: InlineReasoning;
  readonly #limits = new CallLimits();
  #calls = 0;

  constructor(culprit: string, { parallelToolCalls = true }: BackendRequest, listener: BackendListener) {
    this.#culprit = culprit;
    this.#maxCalls = parallelToolCalls ? Infinity : 1;
    this.#listener = listener;
    this.#words = new InlineReasoning(({ type, text }) => handOnWords(type, text, listener));
  }

  /** Hands `event` on; returns true for the finish. @throws BackendError, TooLongError */
  read(event: unknown): boolean {
    const fields = asRecord(event);
    const { onEvent } = this.#listener;
    switch (fields['type']) {
      case 'text':
        this.#words.read(this.#text(fields));
        return false;
      case 'reasoning':
        handOnWords('reasoning', this.#text(fields), this.#listener);
        return false;
      case 'tool_call':
        this.#call(asRecord(fields['call']));
        return false;
      case 'progress':
        onEvent({ type: 'progress' });
        return false;
      case 'context':
        onEvent({ type: 'context', context: this.#context(asRecord(fields['context'])) });
        return false;
      case 'answering':
        onEvent(this.#answering(fields));
        return false;
      case 'finish':
        this.#words.flush();
        onEvent(toFinish(fields, this.#calls > 0));
        return true;
      default:
        throw this.#fault(typeOf(event, fields));
    }
  }

  #text({ type, text }: Fields): string {
    if (typeof text === 'string') return text;
    throw this.#fault(`an event of type "${String(type)}" whose text is no string`);
  }

  /** Some models' servers give calls no ids, and arguments as an object. */
  #call({ id, name, arguments: given }: Fields): void {
    if (this.#calls >= this.#maxCalls) return;
    if (typeof name !== 'string') throw this.#fault('an event of type "tool_call" whose call has no name');
    // JSON.stringify returns undefined for a function or a symbol.
    const args = typeof given === 'string' ? given : (JSON.stringify(given ?? {}) as string | undefined);
    const call: BackendToolCall = {
      id: typeof id === 'string' && id !== '' ? id : `call_${randomUUID()}`,
      name,
      arguments: args === undefined || args === '' ? '{}' : args,
    };
    this.#calls += 1;
    this.#limits.addCall();
    this.#limits.addChars(call.id, call.name, call.arguments);
    this.#words.flush();
    this.#listener.onEvent({ type: 'tool_call', call });
  }

  #context({ limitTokens, usedTokens, droppedMessages }: Fields): BackendContext {
    if (isCount(limitTokens) && isCount(usedTokens) && isCount(droppedMessages))
      return { limitTokens, usedTokens, droppedMessages };
    throw this.#fault('an event of type "context" without its numbers');
  }

  #answering({ backend, model }: Fields): BackendEvent {
    if (typeof backend !== 'string') throw this.#fault('an event of type "answering" without its backend');
    return { type: 'answering', backend, ...(typeof model === 'string' && { model }) };
  }

  #fault(what: string): BackendError {
    return new BackendError('backend_failed', `${this.#culprit} sent ${what}.`, { retryable: false });
  }
}

function typeOf(event: unknown, { type }: Fields): string {
  if (typeof event !== 'object' || event === null) return 'an event that is no object';
  if (typeof type !== 'string') return 'an event without a type';
  return `an event of the unknown type "${shownName(type)}"`;
}

/** Token counts that are not numbers are dropped. */
function toFinish({ reason, usage, model }: Fields, called: boolean): Finish {
  const known = finishReasons.find((one) => one === reason) ?? 'stop';
  const { promptTokens, completionTokens, cachedTokens } = asRecord(usage);
  const counted = isCount(promptTokens) && isCount(completionTokens);
  return {
    type: 'finish',
    reason: called && known === 'stop' ? 'tool_calls' : known,
    ...(counted && {
      usage: { promptTokens, completionTokens, ...(isCount(cachedTokens) && { cachedTokens }) },
    }),
    ...(typeof model === 'string' && { model }),
  };
}
