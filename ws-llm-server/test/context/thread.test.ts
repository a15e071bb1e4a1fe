/** On a thread one turn runs at a time, in order, and what is remembered is what ended. */
import type { Message } from '@ws-llm/protocol';
import { expect, test } from 'vitest';
import { MemoryThreadStore } from '../../src/context/thread-store.ts';
import { type Heard, Thread, type Turn } from '../../src/context/thread.ts';

const limits = { turns: 10, chars: 1_000 };

class RecordedTurn implements Turn {
  readonly messages: Message[];
  readonly heard: Heard | undefined;
  readonly #thread: Thread;
  history: unknown[] | undefined;
  cancelled = false;

  constructor(thread: Thread, content: string, heard?: Heard) {
    this.messages = [{ role: 'user', content }];
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
  ['a part of it', { id: 'one', content: 'Once' }, ['a', 'Once', 'b']],
  ['nothing', { id: 'one', content: '' }, ['a', 'b']],
  ['a reply that nobody knows', { id: 'two', content: 'x' }, ['a', 'Once upon a time', 'b']],
])('what was heard of a reply replaces it: %s [P-67]', (_, heard, history) => {
  const thread = new Thread(limits);
  new RecordedTurn(thread, 'a').end('Once upon a time', 'one');
  expect(new RecordedTurn(thread, 'b', heard).history).toEqual(history);
});

test('named threads belong to their user, and the one used longest ago goes, but none on which something runs [P-71]', () => {
  const store = new MemoryThreadStore(limits, 2);
  const busy = store.open('ada', 'busy');
  const turn = new RecordedTurn(busy, 'a');
  const idle = store.open('ada', 'idle');
  expect(store.open('bob', 'busy')).not.toBe(busy);
  expect(store.open('ada', 'busy')).toBe(busy);
  expect(store.open('ada', 'idle')).not.toBe(idle);
  turn.end();
});
