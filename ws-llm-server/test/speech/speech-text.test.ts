/** Of a reply that is read aloud only its words are said, however it is cut, and nothing waits longer than a chunk. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SpeechText } from '../../src/speech/speech-text.ts';
import { shortMarkCases, speechCases } from './speech-cases.ts';

function say(...chunks: string[]): string {
  const speech = new SpeechText();
  return chunks.map((chunk) => speech.push(chunk)).join('') + speech.end();
}

/** Chunks of these lengths, over and over. */
function cut(text: string, lengths: readonly number[]): string[] {
  const chunks: string[] = [];
  for (let at = 0; at < text.length; at += chunks.at(-1)?.length ?? 0) {
    chunks.push(text.slice(at, at + (lengths[chunks.length % lengths.length] ?? 1)));
  }
  return chunks;
}

const marks =
  '**,*,_,__,***,`,``,```,~~,~,# ,## ,- ,* ,1. ,12) ,> ,|,|---|,| ,[,],](,),(,![,[^1],[1],[x],<br>,<b>,</b>,<,>,</,&amp;,&,\\,$,$$,---,===,https://,http,www.,://,/a_b,\n,\n\n,\n\n, , , ,  ,\t,.,:,!,?,;,-,=,👩‍⚕️,❤️,1️⃣,🇩🇪,\ud83d,\udc00,\u200d,\ufe0f,©,•,```js\n,```\n';
const words = 'Hello,rest,37.5 °C,e.g.,é,e\u0301,头痛,مرحبا,x,5,2024,h,w,ht,snake_case,Dr. Smith,a';
const piece = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...marks.split(',')) },
  { weight: 4, arbitrary: fc.constantFrom(...words.split(',')) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 4 }) },
);
const soup = fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(''));
const lengths = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 6 });

describe.each(Object.entries(speechCases))('%s', (_, cases) => {
  test.each(cases)('%j', (written, said) => {
    expect(say(written)).toBe(said);
    for (let length = 1; length < 12; length += 1) expect(say(...cut(written, [length]))).toBe(said);
    fc.assert(
      fc.property(lengths, (some) => {
        expect(say(...cut(written, some))).toBe(said);
      }),
      { numRuns: 20 },
    );
  });
});

describe('marks that need more than a look at what follows', () => {
  test.each(shortMarkCases)('%j', (written, said) => {
    expect(say(written)).toBe(said);
    // From here on every mark lies within two chunks.
    for (let length = 7; length < 20; length += 1) expect(say(...cut(written, [length]))).toBe(said);
  });
});

test('what waits began in the last chunk: all that came before was given', () => {
  fc.assert(
    fc.property(soup, lengths, (text, some) => {
      const chunks = cut(text, some);
      const speech = new SpeechText();
      for (const [index, chunk] of chunks.entries()) {
        speech.push(chunk);
        // What would be given if nothing more came is what was held back.
        const held = new SpeechText();
        for (const earlier of chunks.slice(0, index + 1)) held.push(earlier);
        const waited = Array.from(held.end().replace(/^[.。，,]?\s?/, '')).filter((char) => /\S/.test(char));
        let at = 0;
        for (const char of waited) {
          at = chunk.indexOf(char, at) + 1;
          expect(at, `${JSON.stringify(waited.join(''))} came before ${JSON.stringify(chunk)}`).not.toBe(0);
        }
      }
    }),
    { numRuns: 3_000 },
  );
});

test('a text is said the same way wherever it is cut, where its marks lie within two chunks', () => {
  const far = fc.array(fc.integer({ min: 12, max: 40 }), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(soup, far, (text, some) => {
      // Longer than the chunks, and so longer than what may wait.
      fc.pre(!/([*_~#=`$-])\1{8}|<\/?[a-z]+\s[^>]*=/.test(text));
      expect(say(...cut(text, some))).toBe(say(text));
    }),
    { numRuns: 5_000 },
  );
});

test('what is said has no doubled white space, none at its ends, and no half characters', () => {
  fc.assert(
    fc.property(soup, lengths, (text, some) => {
      const said = say(...cut(text, some));
      expect(said).not.toMatch(/[ \t\n][ \t\n]|^[ \t\n]|[ \t\n]$/);
      expect(said).not.toMatch(/\p{Surrogate}/u);
      expect(said).not.toMatch(/\p{Emoji_Presentation}|\ufe0f|\u20e3/u);
    }),
    { numRuns: 5_000 },
  );
});

test('words without marks pass chunk by chunk, as they come', () => {
  const chunks = "I'm, sorry, to, hear, that,., Rest, and, drink, 1, ., 5, l, of, water, (, not, coffee, ),."
    .split(', ')
    .map((word, index) => (index === 0 ? word : ` ${word}`));
  const speech = new SpeechText();
  expect(chunks.map((chunk) => speech.push(chunk))).toEqual(chunks);
  expect(speech.end()).toBe('');
});

test('a tool call in between lets out what was held back, and the reply goes on as it was', () => {
  const speech = new SpeechText();
  expect(speech.push('**One [moment]')).toBe('One moment');
  expect(speech.push(' https')).toBe('');
  expect(speech.end()).toBe(' https');
  expect(speech.push('.** Here')).toBe('. Here');
});
