// What the agent says without a model is in the persona's language, in every one that it knows, and in English in all others.
import { expect, test } from 'vitest';
import { sentencesIn } from '../src/sentences.ts';

test.each(['de', 'es', 'fr'])('in %s every sentence is there, and none is the English one', (language) => {
  const english = Object.entries(sentencesIn('en'));
  const own = Object.values(sentencesIn(language));
  expect(own).toHaveLength(english.length);
  for (const [index, [, sentence]] of english.entries()) {
    expect(own[index]?.length).toBeGreaterThan(10);
    expect(own[index]).not.toBe(sentence);
  }
});

test('a region does not matter', () => {
  expect(sentencesIn('de-CH')).toBe(sentencesIn('de'));
  expect(sentencesIn('FR_ca')).toBe(sentencesIn('fr'));
});

test.each([undefined, 'ja', 'den', ''])('%j is answered in English', (language) => {
  expect(sentencesIn(language)).toBe(sentencesIn('en'));
});
