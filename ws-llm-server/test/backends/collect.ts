/**
 * What a backend says for one request: all of it, or one event after the other, or why it does not.
 */
import type { Backend, BackendEvent, BackendRequest } from '../../src/backend.ts';
import { failureText } from '../../src/failure-text.ts';

const question: BackendRequest = { messages: [{ role: 'user', content: 'hi' }], params: {} };

/** Everything. Rejects as the reply does. */
export async function collect(
  backend: Backend,
  request = question,
  signal: AbortSignal = new AbortController().signal,
): Promise<BackendEvent[]> {
  const events: BackendEvent[] = [];
  await backend.reply(request, { signal, onEvent: (event) => events.push(event) });
  return events;
}

/** What an agent and the log read of why `reply` fails. */
export async function failureOf(reply: Promise<unknown>): Promise<string> {
  try {
    await reply;
  } catch (error) {
    return failureText(error);
  }
  throw new Error('it did not fail');
}

/** As an iterator, which throws as the reply does. Whoever leaves it early has not aborted the reply. */
export async function* listen(
  backend: Backend,
  request = question,
  { signal }: { signal: AbortSignal } = new AbortController(),
): AsyncGenerator<BackendEvent, void, undefined> {
  const heard: BackendEvent[] = [];
  let isOver = false as boolean;
  let wake: () => void = () => undefined;
  const hear = (event: BackendEvent): void => {
    heard.push(event);
    wake();
  };
  const reply = backend.reply(request, { signal, onEvent: hear }).finally(() => {
    isOver = true;
    wake();
  });
  reply.catch(() => undefined);
  for (;;) {
    const event = heard.shift();
    if (event !== undefined) yield event;
    else if (isOver) return reply;
    else await new Promise<void>((resolve) => (wake = resolve));
  }
}
