/** Memory is cut by whole turns from the oldest, and never inside the newest. */
import fc from 'fast-check';
import type { Message } from '@ws-llm/protocol';
import { expect, test } from 'vitest';
import { newestTurns as newest, type TurnLimits, withAdded } from '../../src/context/turns.ts';

function newestTurns(messages: Message[], limits: TurnLimits): Message[] {
  return newest(withAdded([], messages), limits).flatMap((turn) => [...turn.messages]);
}

const user = (content: string): Message => ({ role: 'user', content });
const assistant = (content: string): Message => ({ role: 'assistant', content });

test('the oldest turns go first, question and answer together [P-68]', () => {
  const messages = [user('a'), assistant('A'), user('b'), assistant('B'), user('c')];
  expect(newestTurns(messages, { turns: 2, chars: 1_000 })).toEqual(messages.slice(2));
  expect(newestTurns(messages, { turns: 9, chars: 3 })).toEqual(messages.slice(2));
});

test('the newest turn stays whole even where it alone is too long [P-68]', () => {
  const messages = [user('a'), assistant('A'), user('x'.repeat(50)), assistant('y'.repeat(50))];
  expect(newestTurns(messages, { turns: 5, chars: 10 })).toEqual(messages.slice(2));
});

test('calls and their results stay in the turn that asked for them', () => {
  const call = { id: 'c', type: 'function' as const, function: { name: 'f', arguments: '{}' } };
  const turn: Message[] = [
    user('q'),
    { role: 'assistant', content: '', tool_calls: [call] },
    { role: 'tool', tool_call_id: 'c', content: 'r' },
    assistant('done'),
  ];
  expect(newestTurns([user('old'), assistant('o'), ...turn], { turns: 1, chars: 1_000 })).toEqual(turn);
});

const anyMessage = fc.oneof(
  fc.string({ maxLength: 20 }).map(user),
  fc.string({ maxLength: 20 }).map(assistant),
);

test('what is kept is always an end of the list that starts a turn, fits, and could not be longer', () => {
  fc.assert(
    fc.property(
      fc.array(anyMessage, { maxLength: 30 }),
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 1, max: 100 }),
      (messages, turns, chars) => {
        const kept = newestTurns(messages, { turns, chars });
        expect(messages.slice(messages.length - kept.length)).toEqual(kept);
        const starts = (list: Message[]): number =>
          list.filter((message, i) => i === 0 || (message.role === 'user' && list[i - 1]?.role !== 'user'))
            .length;
        const length = (list: Message[]): number =>
          list.reduce((sum, { content }) => sum + (typeof content === 'string' ? content.length : 0), 0);
        const at = messages.length - kept.length;
        if (at > 0) {
          expect(kept[0]?.role).toBe('user');
          expect(messages[at - 1]?.role).not.toBe('user');
          const oneMore = messages.slice(
            messages.findLastIndex(
              (message, i) =>
                i < at && (i === 0 || (message.role === 'user' && messages[i - 1]?.role !== 'user')),
            ),
          );
          expect(starts(oneMore) > turns || length(oneMore) > chars).toBe(true);
        }
        if (starts(kept) > 1) expect(starts(kept) <= turns && length(kept) <= chars).toBe(true);
      },
    ),
  );
});
