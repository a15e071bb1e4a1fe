/** Between a persona's calls the model keeps all that was said and told, and code that hangs costs the reply no more than its deadline. */
import { expect, onTestFinished, test, vi } from 'vitest';
import type { Backend, BackendListener, BackendRequest } from '../../src/backend.ts';
import { silentLogger } from '../../src/logger.ts';
import type { PersonaTool } from '../../src/personas/persona.ts';
import { type ReplyEvent, toolRounds } from '../../src/reply/tool-rounds.ts';

const note: PersonaTool = { name: 'note', description: 'Notes.', parameters: { type: 'object' } };

/** Says one line after the other, each but the last with a call, and keeps what it was asked. */
class Caller implements Backend {
  readonly name = 'caller';
  readonly model = 'm';
  readonly asked: BackendRequest[] = [];
  readonly #lines: string[];

  constructor(...lines: string[]) {
    this.#lines = lines;
  }

  async reply(request: BackendRequest, { onEvent }: BackendListener): Promise<void> {
    this.asked.push(request);
    const id = String(this.asked.length);
    const line = this.#lines.shift() ?? '';
    for (const word of line.match(/\S+\s*/g) ?? []) onEvent({ type: 'text', text: word });
    const calls = this.#lines.length > 0;
    if (calls) onEvent({ type: 'tool_call', call: { id, name: 'note', arguments: '{}' } });
    onEvent({ type: 'finish', reason: calls ? 'tool_calls' : 'stop' });
    await Promise.resolve();
  }
}

async function play(
  backend: Backend,
  tool: PersonaTool,
  { signal }: { signal: AbortSignal } = new AbortController(),
): Promise<ReplyEvent[]> {
  const request = { messages: [{ role: 'user' as const, content: 'hi' }], params: {} };
  const events: ReplyEvent[] = [];
  const onEvent = (event: ReplyEvent): void => void events.push(event);
  await toolRounds({ backend, request, tools: [tool], signal, onEvent, logger: silentLogger });
  return events;
}

test('what the model said before each call, with nothing added, stands before what the tool answered', async () => {
  const backend = new Caller('I note that.', 'And this too. ', 'Done.');
  const events = await play(backend, note);
  const said = events.map((event) => (event.type === 'text' ? event.text : '')).join('');
  expect(said).toBe('I note that. And this too. Done.');
  expect(backend.asked.at(-1)?.messages.slice(1)).toMatchObject([
    { role: 'assistant', content: 'I note that.', toolCalls: [{ id: '1' }] },
    { role: 'tool', toolCallId: '1', content: '{"ok":true}' },
    { role: 'assistant', content: 'And this too. ', toolCalls: [{ id: '2' }] },
    { role: 'tool', toolCallId: '2', content: '{"ok":true}' },
  ]);
});

test('code that hangs is given up after five seconds: the model is told, and the reply goes on', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const backend = new Caller('Let me see.', 'I could not find out.');
  let started: (signal: AbortSignal) => void = () => undefined;
  const running = new Promise<AbortSignal>((resolve) => (started = resolve));
  const run: PersonaTool['run'] = (_, { signal }) => {
    started(signal);
    return new Promise(() => undefined);
  };
  const playing = play(backend, { ...note, run });
  const signal = await running;
  vi.advanceTimersByTime(4_999);
  expect(signal.aborted).toBe(false);
  vi.advanceTimersByTime(1);
  expect((await playing).at(-1)).toEqual({ type: 'finish', reason: 'stop' });
  expect(signal.aborted).toBe(true);
  expect(backend.asked.at(-1)?.messages.at(-1)).toMatchObject({
    role: 'tool',
    content: '{"error":"note timed out."}',
  });
});

test('after an abort the model is not asked again', async () => {
  const backend = new Caller('Let me see.', 'Nobody hears this.');
  const abort = new AbortController();
  const run: PersonaTool['run'] = () => abort.abort();
  await play(backend, { ...note, run }, abort);
  expect(backend.asked).toHaveLength(1);
});
