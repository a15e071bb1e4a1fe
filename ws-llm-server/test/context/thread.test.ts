/** On a thread one turn runs at a time, in order, and what is remembered is what ended. */
import type { Message } from '@ws-llm/protocol';
import { expect, test } from 'vitest';
import { MemoryThreadStore } from '../../src/context/thread-store.ts';
import { type Heard, Thread, type ThreadRequest } from '../../src/context/thread.ts';

const limits = { turns: 10, chars: 1_000, messages: 100, bytes: 10_000 };

class RecordedTurn implements ThreadRequest {
  readonly messages: Message[];
  readonly heard: Heard | undefined;
  readonly #thread: Thread;
  history: unknown[] | undefined;
  cancelled = false;
  refused = false;

  constructor(thread: Thread, said: string | Message[], heard?: Heard) {
    this.messages = typeof said === 'string' ? [{ role: 'user', content: said }] : said;
    this.heard = heard;
    this.#thread = thread;
    thread.join(this);
  }

  start(history: Message[]): void {
    this.history = history.map(({ content }) => content);
  }

  cancel(): void {
    this.cancelled = true;
    this.#thread.end(this, [{ role: 'assistant', content: 'cut' }]);
  }

  refuse(): void {
    this.refused = true;
    this.#thread.end(this, undefined);
  }

  end(content?: string, id = 'r'): void {
    this.#thread.end(this, content === undefined ? undefined : [{ role: 'assistant', content, reply: id }]);
  }
}

test('turns start in order, each when the one before has ended, and see what was remembered', () => {
  const thread = new Thread(limits);
  const [a, b] = [new RecordedTurn(thread, 'a'), new RecordedTurn(thread, 'b')];
  expect([a.history, b.history]).toEqual([['a'], undefined]);
  a.end('A');
  expect(b.history).toEqual(['a', 'A', 'b']);
  expect(thread.idle).toBe(false);
  b.end();
  expect(thread.idle).toBe(true);
  expect(new RecordedTurn(thread, 'c').history).toEqual(['a', 'A', 'c']);
});

test('one that ends before it started leaves no trace, and does not start the next', () => {
  const thread = new Thread(limits);
  const [a, b, c] = ['a', 'b', 'c'].map((content) => new RecordedTurn(thread, content));
  b?.end('B');
  expect(c?.history).toBeUndefined();
  a?.end('A');
  expect([b?.history, c?.history]).toEqual([undefined, ['a', 'A', 'c']]);
});

test('a reset cancels all, starts none, and remembers nothing of them', () => {
  const thread = new Thread(limits);
  const turns = ['a', 'b', 'c'].map((content) => new RecordedTurn(thread, content));
  thread.reset();
  expect(turns.map(({ cancelled, history }) => [cancelled, history !== undefined])).toEqual([
    [true, true],
    [true, false],
    [true, false],
  ]);
  expect(new RecordedTurn(thread, 'd').history).toEqual(['d']);
});

test.each([
  ['a part of it', { reply: 'one', content: 'Once' }, ['a', 'Once', 'b']],
  ['nothing', { reply: 'one', content: '' }, ['a', 'b']],
  ['a reply that nobody knows', { reply: 'two', content: 'x' }, ['a', 'Once upon a time', 'b']],
])('what was heard of a reply replaces it: %s [P-67]', (_, heard, history) => {
  const thread = new Thread(limits);
  new RecordedTurn(thread, 'a').end('Once upon a time', 'one');
  expect(new RecordedTurn(thread, 'b', heard).history).toEqual(history);
});

test('named threads belong to their user, and the one used longest ago goes, but none on which something runs [P-71]', () => {
  const store = new MemoryThreadStore({ limits, size: 2 });
  const busy = store.open('ada', 'busy');
  const turn = new RecordedTurn(busy, 'a');
  const idle = store.open('ada', 'idle');
  expect(store.open('bob', 'busy')).not.toBe(busy);
  expect(store.open('ada', 'busy')).toBe(busy);
  expect(store.open('ada', 'idle')).not.toBe(idle);
  turn.end();
});

test('an exchange that would be larger than the thread takes is refused, and the next one is served [P-171]', () => {
  const thread = new Thread({ ...limits, bytes: 200 });
  const large = new RecordedTurn(thread, 'x'.repeat(300));
  expect([large.refused, large.history]).toEqual([true, undefined]);
  expect(new RecordedTurn(thread, 'b').history).toEqual(['b']);
});

test('a reply that makes its exchange too large is not kept [P-171]', () => {
  const thread = new Thread({ ...limits, bytes: 200 });
  new RecordedTurn(thread, 'a').end('A');
  new RecordedTurn(thread, 'b').end('x'.repeat(300));
  expect(new RecordedTurn(thread, 'c').history).toEqual(['a', 'A', 'c']);
});

test("tools' results open no turn, so their number and size are bounded by what one exchange may have [P-171]", () => {
  const thread = new Thread({ ...limits, messages: 10 });
  new RecordedTurn(thread, 'a').end('A');
  const results = Array.from({ length: 9 }, (): Message => ({
    role: 'tool',
    tool_call_id: 'c',
    content: '',
  }));
  const turn = new RecordedTurn(thread, results);
  expect(turn.refused).toBe(true);
  expect(new RecordedTurn(thread, results.slice(1)).history).toHaveLength(10);
});

test('the newest exchange goes along however long it is, older ones go first [P-170]', () => {
  const thread = new Thread({ ...limits, chars: 50 });
  new RecordedTurn(thread, 'a').end('A');
  new RecordedTurn(thread, 'b').end('x'.repeat(100));
  expect(new RecordedTurn(thread, 'c').history).toEqual(['b', 'x'.repeat(100), 'c']);
});

test('a thousand requests that are each refused when their turn comes end in order', () => {
  const thread = new Thread({ ...limits, bytes: 200 });
  const first = new RecordedTurn(thread, 'a');
  const waiting = Array.from({ length: 20_000 }, () => new RecordedTurn(thread, 'x'.repeat(300)));
  first.end('A');
  expect(waiting.every(({ refused }) => refused)).toBe(true);
});

test.each<[string, Message]>([
  ['a name', { role: 'user', content: '', name: 'x'.repeat(100) }],
  ['an extra', { role: 'assistant', content: '', extra: { a: 'x'.repeat(100) } }],
  ['a refusal', { role: 'assistant', content: '', refusal: 'x'.repeat(100) }],
  [
    "a call's id",
    {
      role: 'assistant',
      content: '',
      tool_calls: [{ id: 'x'.repeat(100), type: 'function', function: { name: 'f', arguments: '{}' } }],
    },
  ],
])('all that is kept counts: %s', (_, message) => {
  const thread = new Thread({ ...limits, chars: 90 });
  new RecordedTurn(thread, 'a').end('A');
  new RecordedTurn(thread, [{ role: 'user', content: 'b' }, message]).end('B');
  new RecordedTurn(thread, 'c').end('C');
  expect(new RecordedTurn(thread, 'd').history).toEqual(['c', 'C', 'd']);
});
