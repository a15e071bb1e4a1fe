/** A mirror is either exactly the client's list or unknown; a wrong history is never answered. */
import fc from 'fast-check';
import type { Message } from '@ws-llm/protocol';
import { expect, test } from 'vitest';
import { type MirrorChange, Mirrors } from '../../src/context/mirrors.ts';

const user = (content: string): Message => ({ role: 'user', content });
const roomy = { mirrors: 4, messages: 1_000, listBytes: 100_000 };

function change(id: string, base: string | undefined, keep: number, ...contents: string[]): MirrorChange {
  return {
    id,
    key: 'k',
    base,
    keep,
    messages: contents.map(user),
    instructions: undefined,
    tools: undefined,
  };
}

function contentsOf(outcome: ReturnType<Mirrors['apply']>): unknown {
  return outcome.outcome === 'applied'
    ? outcome.mirrored.messages.map(({ content }) => content)
    : outcome.outcome;
}

test('a request keeps the beginning of the list that its base set, and says the rest', () => {
  const mirrors = new Mirrors(roomy);
  expect(contentsOf(mirrors.apply(change('1', undefined, 0, 'a', 'b', 'c')))).toEqual(['a', 'b', 'c']);
  expect(contentsOf(mirrors.apply(change('2', '1', 3, 'd')))).toEqual(['a', 'b', 'c', 'd']);
  // Three speculative requests are abandoned, each a smaller keep.
  expect(contentsOf(mirrors.apply(change('3', '2', 2, 'x')))).toEqual(['a', 'b', 'x']);
  expect(contentsOf(mirrors.apply(change('4', '3', 0, 'y')))).toEqual(['y']);
});

test.each([
  ['a base that was not the last', change('3', '1', 1, 'x')],
  ['a base that never was', change('3', 'nobody', 0, 'x')],
  ['more than the list has', change('3', '2', 9, 'x')],
])('%s drops the mirror, and so does whoever builds on it, until everything is sent', (_, wrong) => {
  const mirrors = new Mirrors(roomy);
  mirrors.apply(change('1', undefined, 0, 'a'));
  mirrors.apply(change('2', '1', 1, 'b'));
  expect(contentsOf(mirrors.apply(wrong))).toBe('unknown');
  expect(contentsOf(mirrors.apply(change('4', '3', 1, 'y')))).toBe('unknown');
  expect(contentsOf(mirrors.apply(change('5', undefined, 0, 'all')))).toEqual(['all']);
});

test('without a base nothing can be kept', () => {
  const mirrors = new Mirrors(roomy);
  mirrors.apply(change('1', undefined, 0, 'a'));
  expect(contentsOf(mirrors.apply(change('2', undefined, 1, 'b')))).toBe('unknown');
});

test('instructions and tools stick until they are sent again', () => {
  const mirrors = new Mirrors(roomy);
  const tools = [{ type: 'function' as const, function: { name: 'f' } }];
  mirrors.apply({ ...change('1', undefined, 0, 'a'), instructions: 'be brief', tools });
  expect(mirrors.apply(change('2', '1', 1, 'b'))).toMatchObject({
    mirrored: { instructions: 'be brief', tools },
  });
  mirrors.apply({ ...change('3', '2', 1), instructions: 'be long', tools: [] });
  expect(mirrors.apply(change('4', '3', 1))).toMatchObject({
    mirrored: { instructions: 'be long', tools: [] },
  });
});

test('the mirror that was used longest ago goes first', () => {
  const mirrors = new Mirrors({ ...roomy, mirrors: 2 });
  for (const key of ['a', 'b']) mirrors.apply({ ...change('1', undefined, 0, key), key });
  mirrors.apply({ ...change('2', '1', 1, 'again'), key: 'a' });
  mirrors.apply({ ...change('1', undefined, 0, 'c'), key: 'c' });
  expect(contentsOf(mirrors.apply({ ...change('2', '1', 1), key: 'b' }))).toBe('unknown');
  expect(contentsOf(mirrors.apply({ ...change('3', '2', 2), key: 'a' }))).toEqual(['a', 'again']);
});

test.each([
  ['messages', { ...roomy, messages: 2 }],
  ['bytes', { ...roomy, listBytes: 80 }],
])('a list past its limit of %s is told, and forgotten', (_, limits) => {
  const mirrors = new Mirrors(limits);
  mirrors.apply(change('1', undefined, 0, 'a', 'b'));
  expect(contentsOf(mirrors.apply(change('2', '1', 2, 'c'.repeat(30))))).toBe('too_large');
  expect(contentsOf(mirrors.apply(change('3', '2', 2, 'd')))).toBe('unknown');
});

/** What a client does to its list before its next request. */
const edit = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      type: fc.constant('append' as const),
      words: fc.array(fc.string(), { minLength: 1, maxLength: 3 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('truncate' as const), to: fc.nat(12) }) },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant('replace' as const), at: fc.nat(12), word: fc.string() }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant('insert' as const), at: fc.nat(12), word: fc.string() }),
  },
  { weight: 1, arbitrary: fc.constant({ type: 'lose' as const }) },
  { weight: 1, arbitrary: fc.constant({ type: 'race' as const }) },
);

function edited(
  list: readonly string[],
  step: typeof edit extends fc.Arbitrary<infer T> ? T : never,
): string[] {
  switch (step.type) {
    case 'append':
      return [...list, ...step.words];
    case 'truncate':
      return list.slice(0, step.to);
    case 'replace':
      return list.map((word, index) => (index === step.at ? step.word : word));
    case 'insert':
      return list.toSpliced(step.at, 0, step.word);
    case 'lose':
    case 'race':
      return [...list];
  }
}

function commonPrefix(a: readonly string[], b: readonly string[]): number {
  const different = a.findIndex((word, index) => word !== b[index]);
  return different === -1 ? Math.min(a.length, b.length) : Math.min(different, b.length);
}

test("through any edits, losses and races what is applied is the client's own list, and unknown heals by sending all", () => {
  let applied = 0;
  let unknown = 0;
  fc.assert(
    fc.property(fc.array(edit, { maxLength: 40 }), (steps) => {
      const mirrors = new Mirrors({ ...roomy, mirrors: 1 });
      let list: string[] = [];
      let sent: { id: string; list: string[] } | undefined;
      for (const [index, step] of steps.entries()) {
        list = edited(list, step);
        // Something else takes the only place, or another request of the client's overtakes.
        if (step.type === 'lose') mirrors.apply({ ...change('x', undefined, 0, 'other'), key: 'other' });
        if (step.type === 'race') mirrors.apply(change(`race${index}`, sent?.id, 0, 'overtaken'));
        const keep = sent === undefined ? 0 : commonPrefix(list, sent.list);
        let outcome = mirrors.apply(change(String(index), sent?.id, keep, ...list.slice(keep)));
        if (outcome.outcome === 'unknown') {
          unknown += 1;
          outcome = mirrors.apply(change(`${index}all`, undefined, 0, ...list));
          sent = { id: `${index}all`, list };
        } else {
          applied += 1;
          sent = { id: String(index), list };
        }
        expect(contentsOf(outcome)).toEqual(list);
      }
    }),
    { numRuns: 500 },
  );
  expect(applied).toBeGreaterThan(1_000);
  expect(unknown).toBeGreaterThan(100);
});
