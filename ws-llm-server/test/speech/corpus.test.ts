/** Whole replies, as models write them, are said as a careful reader would say them, however they are cut. */
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SpeechText } from '../../src/speech/speech-text.ts';

const folder = new URL('corpus/', import.meta.url);
const replies = readdirSync(folder)
  .filter((file) => file.endsWith('.md'))
  .map((file) => ({
    name: file.slice(0, -'.md'.length),
    written: readFileSync(new URL(file, folder), 'utf8'),
    spoken: readFileSync(new URL(file.replace('.md', '.spoken.txt'), folder), 'utf8').trimEnd(),
  }));

/** Addresses, references, entities and a stray `**` are known by more than the next character: they must lie within two chunks. */
const longMarks = /https?:|www\.|\[\d|&[a-z]+;|\)\*\*\n/;

function say(chunks: readonly string[]): string {
  const speech = new SpeechText();
  return chunks.map((chunk) => speech.push(chunk)).join('') + speech.end();
}

function cut(text: string, lengthAt: (index: number) => number): string[] {
  const chunks: string[] = [];
  for (let at = 0; at < text.length; at += chunks.at(-1)?.length ?? 0) {
    chunks.push(text.slice(at, at + lengthAt(chunks.length)));
  }
  return chunks;
}

test.each(replies)('$name', ({ written, spoken }) => {
  expect(say([written])).toBe(spoken);
  const shortest = longMarks.test(written) ? 12 : 1;
  for (let length = shortest; length < shortest + 5; length += 1) {
    expect(say(cut(written, () => length))).toBe(spoken);
  }
  const lengths = fc.array(fc.integer({ min: shortest, max: shortest + 8 }), { minLength: 1, maxLength: 50 });
  fc.assert(
    fc.property(lengths, (some) => {
      expect(say(cut(written, (index) => some[index % some.length] ?? 1))).toBe(spoken);
    }),
    { numRuns: 40 },
  );
});

test('the words of a model come in pieces as its tokens do, and none of them waits for the next one', () => {
  for (const { written, spoken } of replies) {
    const tokens = written.match(/ ?[\p{L}\p{M}\p{N}]+|[^\p{L}\p{M}\p{N}]/gu) ?? [];
    if (longMarks.test(written)) continue;
    const speech = new SpeechText();
    let said = '';
    for (const token of tokens) {
      const word = token.trim();
      const given = speech.push(token);
      said += given;
      // `h` and `w` may begin an address, and what stands in a block of code is not said at all.
      if (given === '' || !/^\p{L}{2,}$/u.test(word) || /^(?:h|w)/i.test(word)) continue;
      expect(given.endsWith(word)).toBe(true);
    }
    expect(said + speech.end()).toBe(spoken);
  }
});
