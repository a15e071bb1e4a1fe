/** What is kept for later requests counts as what it takes, and gives way where there is no room for it. */
import type { Message } from '@ws-llm/protocol';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Exchanges } from '../../src/context/exchanges.ts';
import type { MemoryKeeper } from '../../src/context/memory-keeper.ts';
import { Mirrors } from '../../src/context/mirrors.ts';
import { Thread } from '../../src/context/thread.ts';
import { memorySize } from '../../src/memory-size.ts';

class Room implements MemoryKeeper {
  readonly #room: number;
  used = 0;

  constructor(room: number) {
    this.#room = room;
  }

  take(bytes: number): boolean {
    if (this.used + bytes > this.#room) return false;
    this.used += bytes;
    return true;
  }

  give(bytes: number): void {
    this.used -= bytes;
  }
}

const user = (content: string): Message => ({ role: 'user', content });
const change = { base: undefined, keep: 0, instructions: undefined, tools: undefined };

test.each([
  ['a long text', 'x'.repeat(1_000), 1_000],
  ['a list of empty lists', Array.from({ length: 1_000 }, () => []), 16_000],
  [
    'keys',
    Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`key${index}`.repeat(10), 0])),
    4_000,
  ],
])('memory is estimated from above: %s', (_, value, least) => {
  expect(memorySize(value)).toBeGreaterThan(least);
});

test('whatever is said on a thread, kept in mirrors and exchanges and dropped, what is counted stays within the room and comes back', () => {
  const step = fc.record({
    size: fc.integer({ min: 0, max: 3_000 }),
    key: fc.constantFrom('a', 'b', 'c'),
    kind: fc.constantFrom('thread', 'failed', 'reset', 'mirror', 'drop', 'exchange', 'heard'),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const room = new Room(20_000);
      const thread = new Thread({ turns: 5, chars: 4_000, messages: 100, bytes: 8_000 }, room);
      const mirrors = new Mirrors({ mirrors: 2, messages: 100, listBytes: 10_000 }, room);
      const exchanges = new Exchanges(room);
      for (const [index, { size, key, kind }] of steps.entries()) {
        const messages = [user('x'.repeat(size))];
        switch (kind) {
          case 'thread':
          case 'failed':
          case 'heard': {
            const heard = kind === 'heard' ? { reply: 'r', content: 'y'.repeat(size) } : undefined;
            const request = {
              messages,
              heard,
              start: () =>
                thread.end(
                  request,
                  kind === 'failed' ? undefined : [{ role: 'assistant', content: 'A', reply: 'r' }],
                ),
              refuse: () => thread.end(request, undefined),
              cancel: () => undefined,
            };
            thread.join(request);
            break;
          }
          case 'reset':
            thread.reset();
            break;
          case 'mirror':
            mirrors.apply({ ...change, id: `${index}`, key, messages });
            break;
          case 'drop':
            mirrors.drop(key);
            break;
          case 'exchange':
            exchanges.remember(`${index}`, [
              { call: { id: 'c', name: 'f', arguments: 'x'.repeat(size) }, result: 'y' },
            ]);
        }
        expect(room.used).toBeGreaterThanOrEqual(0);
        expect(room.used).toBeLessThanOrEqual(20_000);
      }
      thread.reset();
      for (const key of ['a', 'b', 'c']) mirrors.drop(key);
      const left = room.used;
      exchanges.remember('last', [{ call: { id: 'c', name: 'f', arguments: '' }, result: '' }]);
      expect(room.used - left).toBeLessThan(1_000);
    }),
  );
});
