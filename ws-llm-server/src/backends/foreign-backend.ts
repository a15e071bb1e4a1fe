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
  type PullProgress,
} from '../backend.ts';
import { decorateBackend } from './decorate-backend.ts';
import { toBackendError } from './foreign-error.ts';
import { InlineReasoning } from './inline-reasoning.ts';

type Options = Parameters<Backend['stream']>[1];
type Finish = Extract<BackendEvent, { type: 'finish' }>;

const finishReasons: readonly unknown[] = ['stop', 'length', 'tool_calls', 'content_filter'];

export function heldToContract(inner: Backend): Backend {
  const { warm, models, pull, load, unload } = inner;
  const mended = async <T>(run: () => Promise<T>): Promise<T> => {
    try {
      return await run();
    } catch (error) {
      throw toBackendError(inner.name, error, false);
    }
  };
  return decorateBackend(inner, {
    stream: (request, options) => mendedReply(inner, request, options),
    ...(warm !== undefined && {
      // Not every one of them returns what it achieved.
      warm: (...asked) => mended(async () => (await warm.apply(inner, asked)) ?? {}),
    }),
    ...(models !== undefined && { models: (...asked) => mended(() => models.apply(inner, asked)) }),
    ...(load !== undefined && { load: (...asked) => mended(() => load.apply(inner, asked)) }),
    ...(unload !== undefined && { unload: (...asked) => mended(() => unload.apply(inner, asked)) }),
    ...(pull !== undefined && { pull: (...asked) => mendedPull(inner.name, () => pull.apply(inner, asked)) }),
  });
}

async function* mendedReply(
  inner: Backend,
  request: BackendRequest,
  options: Options,
): AsyncGenerator<BackendEvent, void, undefined> {
  const words = new InlineReasoning();
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
          yield* words.flush();
          calls += 1;
          const { id, name, arguments: args } = event.call;
          yield {
            type: 'tool_call',
            call: { id: id || `call_${randomUUID()}`, name, arguments: args || '{}' },
          };
          break;
        }
        case 'finish':
          yield* words.flush();
          yield toFinish(event, calls > 0);
          return;
        case 'reasoning':
        case 'progress':
        case 'context':
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
    throw toBackendError(inner.name, error, begun);
  }
}

/** Nothing is believed to have been counted that is not a number. */
function toFinish({ reason, usage, backend, model }: Finish, called: boolean): Finish {
  const known: BackendFinishReason = finishReasons.includes(reason) ? reason : 'stop';
  const isCounted = Number.isFinite(usage?.promptTokens) && Number.isFinite(usage?.completionTokens);
  return {
    type: 'finish',
    reason: called && known === 'stop' ? 'tool_calls' : known,
    ...(usage !== undefined && isCounted && { usage }),
    ...(backend !== undefined && { backend }),
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
    throw toBackendError(name, error, true);
  }
}
