/** What a model thinks aloud at the beginning of a reply is told apart from what it says, however the text was cut, and nothing waits longer than it must. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { InlineReasoning } from '../../src/backends/inline-reasoning.ts';

interface Split {
  reasoning: string;
  text: string;
}

/** `heard`: what it told so far. */
function splitter(): { words: InlineReasoning; heard: Split } {
  const heard = { reasoning: '', text: '' };
  const words = new InlineReasoning(({ type, text }) => {
    expect(text).not.toBe('');
    heard[type] += text;
  });
  return { words, heard };
}

function split(...pieces: string[]): Split {
  const { words, heard } = splitter();
  for (const piece of pieces) words.read(piece);
  words.flush();
  return heard;
}

/** The rule said once more, over a whole text. */
function expected(whole: string): Split {
  const name = /^\s*<(think|thinking|reasoning)>/.exec(whole)?.[1];
  if (name === undefined) return { reasoning: '', text: whole };
  const inside = whole.slice(whole.indexOf('>') + 1).trimStart();
  const end = inside.indexOf(`</${name}>`);
  if (end < 0) return { reasoning: inside, text: '' };
  return { reasoning: inside.slice(0, end), text: inside.slice(end + name.length + 3).trimStart() };
}

const marks =
  '<think>,</think>,<thinking>,</thinking>,<reasoning>,</reasoning>,<,>,/,think,thin,<thi,</th,ing>, ,\n,\n\n,so,<<think>';
const piece = fc.oneof(
  { weight: 3, arbitrary: fc.string({ unit: 'grapheme', maxLength: 6 }) },
  { weight: 5, arbitrary: fc.constantFrom(...marks.split(',')) },
);
/** Most begin as a reply that reasons does. */
const reply = fc
  .tuple(
    fc.option(fc.constantFrom('<think>', '\n<think>\n', '<thinking>', ' <reasoning>'), { freq: 3 }),
    fc.array(piece, { maxLength: 12 }),
  )
  .map(([start, rest]) => (start ?? '') + rest.join(''));

test.each([
  ['<think>hm</think>42', { reasoning: 'hm', text: '42' }],
  ['<thinking>hm</thinking>42', { reasoning: 'hm', text: '42' }],
  ['<reasoning>hm</reasoning>42', { reasoning: 'hm', text: '42' }],
  ['\n <think>\nhm\n</think>\n\n42', { reasoning: 'hm\n', text: '42' }],
  ['<think>\n\n</think>\n\n42', { reasoning: '', text: '42' }],
  ['<think>never closed', { reasoning: 'never closed', text: '' }],
  ['<think>cut in its en</thi', { reasoning: 'cut in its en</thi', text: '' }],
  ['<think>a</thinking>b</think>c', { reasoning: 'a</thinking>b', text: 'c' }],
  ['Write <think> first', { reasoning: '', text: 'Write <think> first' }],
  ['<think>a</think>Then <think>b</think>', { reasoning: 'a', text: 'Then <think>b</think>' }],
  ['<thinker>', { reasoning: '', text: '<thinker>' }],
  ['<thin', { reasoning: '', text: '<thin' }],
  [' 5 < 6', { reasoning: '', text: ' 5 < 6' }],
  ['', { reasoning: '', text: '' }],
])('%j', (whole, meant) => {
  expect(split(whole)).toEqual(meant);
  expect(split(...whole.split(''))).toEqual(meant);
});

test('any text, cut anywhere, is what it is uncut', () => {
  fc.assert(
    fc.property(reply, fc.array(fc.nat({ max: 5 })), (whole, lengths) => {
      const pieces: string[] = [];
      let at = 0;
      for (const length of lengths) pieces.push(whole.slice(at, (at += length)));
      pieces.push(whole.slice(at));
      expect(split(...pieces)).toEqual(expected(whole));
    }),
    { numRuns: 5_000 },
  );
});

test('what is held back is never more than what may still become a tag', () => {
  const names = ['think', 'thinking', 'reasoning'];
  const beginnings = (start: string): string[] =>
    names.flatMap((name) => {
      const tag = `${start}${name}>`;
      return Array.from(tag, (_, end) => tag.slice(0, end));
    });
  fc.assert(
    fc.property(reply, (whole) => {
      const { words, heard } = splitter();
      for (const unit of whole.split('')) words.read(unit);
      const before = { ...heard };
      words.flush();
      expect(beginnings('<')).toContain(heard.text.slice(before.text.length).trimStart());
      expect(beginnings('</')).toContain(heard.reasoning.slice(before.reasoning.length));
    }),
    { numRuns: 5_000 },
  );
});

test('a tool call in between lets out what was held back, and the rest goes on as it was', () => {
  const { words, heard } = splitter();
  words.read('<think>a</th');
  expect(heard).toEqual({ reasoning: 'a', text: '' });
  words.flush();
  expect(heard).toEqual({ reasoning: 'a</th', text: '' });
  words.read('b</think>c');
  expect(heard).toEqual({ reasoning: 'a</thb', text: 'c' });
});
