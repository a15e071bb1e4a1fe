/**
 * A backend that is not ours, held to the contract of `Backend` and helped to keep it: ids for calls, reasoning that was written into
 * text, a finish that fits, errors by their meaning. Knows nothing of where it came from.
 */
import { randomUUID } from 'node:crypto';
import {
  type Backend,
  BackendError,
  type BackendEvent,
  type BackendFinishReason,
  type BackendRequest,
  type BackendToolCall,
  type PullProgress,
} from '../backend.ts';
import { boundMethod } from './bound-method.ts';
import { decorateBackend } from './decorate-backend.ts';
import { toBackendError } from './foreign-error.ts';
import { InlineReasoning } from './inline-reasoning.ts';

type Options = Parameters<Backend['stream']>[1];
type Finish = Extract<BackendEvent, { type: 'finish' }>;

const finishReasons: readonly unknown[] = ['stop', 'length', 'tool_calls', 'content_filter'];

export function heldToContract(inner: Backend): Backend {
  const warm = boundMethod(inner, 'warm');
  const models = boundMethod(inner, 'models');
  const pull = boundMethod(inner, 'pull');
  const load = boundMethod(inner, 'load');
  const unload = boundMethod(inner, 'unload');
  const mended = async <T>(run: () => Promise<T>): Promise<T> => {
    try {
      return await run();
    } catch (error) {
      throw await toBackendError(inner.name, error, false);
    }
  };
  return decorateBackend(inner, {
    stream: (request, options) => mendedReply(inner, request, options),
    ...(warm !== undefined && {
      // Not every one of them returns what it achieved.
      warm: (...asked) => mended(async () => (await warm(...asked)) ?? {}),
    }),
    ...(models !== undefined && { models: (...asked) => mended(() => models(...asked)) }),
    ...(load !== undefined && { load: (...asked) => mended(() => load(...asked)) }),
    ...(unload !== undefined && { unload: (...asked) => mended(() => unload(...asked)) }),
    ...(pull !== undefined && { pull: (...asked) => mendedPull(inner.name, () => pull(...asked)) }),
  });
}

async function* mendedReply(
  inner: Backend,
  request: BackendRequest,
  options: Options,
): AsyncGenerator<BackendEvent, void, undefined> {
  const words = new InlineReasoning();
  const maxCalls = request.parallelToolCalls === false ? 1 : Infinity;
  let begun = false;
  let calls = 0;
  try {
    for await (const event of inner.stream(request, options)) {
      begun = true;
      switch (event.type) {
        case 'text':
          yield* words.read(event.text);
          break;
        case 'tool_call': {
          if (calls >= maxCalls) break;
          yield* words.flush();
          calls += 1;
          yield { type: 'tool_call', call: toCall(event.call) };
          break;
        }
        case 'finish':
          yield* words.flush();
          yield toFinish(event, calls > 0);
          return;
        case 'reasoning':
        case 'progress':
        case 'context':
        case 'answering':
          yield event;
          break;
        default: {
          const { type } = event satisfies never as { type: unknown };
          throw new BackendError('backend_failed', `${inner.name} yielded an event of type ${String(type)}`, {
            retryable: false,
          });
        }
      }
    }
  } catch (error) {
    throw await toBackendError(inner.name, error, begun);
  }
}

/** Some models' servers give calls no ids, and arguments as an object. */
function toCall({ id, name, arguments: args }: BackendToolCall): BackendToolCall {
  const given: unknown = args;
  const text = typeof given === 'string' ? given : JSON.stringify(given ?? {});
  return { id: id || `call_${randomUUID()}`, name, arguments: text || '{}' };
}

/** Nothing is believed to have been counted that is not a number. */
function toFinish({ reason, usage, model }: Finish, called: boolean): Finish {
  const known: BackendFinishReason = finishReasons.includes(reason) ? reason : 'stop';
  const isCounted = Number.isFinite(usage?.promptTokens) && Number.isFinite(usage?.completionTokens);
  return {
    type: 'finish',
    reason: called && known === 'stop' ? 'tool_calls' : known,
    ...(usage !== undefined && isCounted && { usage }),
    ...(model !== undefined && { model }),
  };
}

async function* mendedPull(
  name: string,
  pull: () => AsyncIterable<PullProgress>,
): AsyncGenerator<PullProgress, void, undefined> {
  try {
    yield* pull();
  } catch (error) {
    throw await toBackendError(name, error, true);
  }
}
