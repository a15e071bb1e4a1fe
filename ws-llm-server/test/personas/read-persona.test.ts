/** A persona is what its file says; a file that cannot be used says where and why. */
import { expect, test } from 'vitest';
import { findPersona } from '../../src/personas/find-persona.ts';
import { parsePersona, readPersona } from '../../src/personas/read-persona.ts';

test('front matter is what clients see, the body is the prompt', () => {
  const text =
    '---\ntitle: Nurse\ngreeting: Hi\nsuggestions: [a, b]\ntemperature: 0.2\nmax_tokens: 50\n---\n\nYou are kind.\n';
  expect(parsePersona(text, '/x/nurse.md')).toEqual({
    card: { name: 'nurse', title: 'Nurse', greeting: 'Hi', suggestions: ['a', 'b'] },
    prompt: 'You are kind.',
    params: { temperature: 0.2, maxTokens: 50 },
  });
});

test.each([
  ['no front matter', 'Hello', /nurse\.md:1: .*front matter/],
  ['a key that nobody knows', '---\ntitle: N\ntitel: M\n---\nx', /nurse\.md:\d+: .*titel/],
  ['a key that nobody knows, with its own line', '---\ntitle: N\n\n\ntitel: M\n---\nx', /nurse\.md:5: /],
  ['no title', '---\ngreeting: Hi\n---\nx', /nurse\.md:\d+: title/],
  ['a value of the wrong kind', '---\ntitle: N\n\ntemperature: hot\n---\nx', /nurse\.md:4: temperature/],
  ['broken YAML', '---\ntitle: "N\n---\nx', /nurse\.md:\d+: /],
  ['an empty prompt', '---\ntitle: N\n---\n \n', /prompt.*empty/],
])('%s is told with file and line', (_, text, words) => {
  expect(() => parsePersona(text, '/x/nurse.md')).toThrow(words);
});

test('a byte order mark, which some editors write, does no harm', () => {
  expect(parsePersona('\uFEFF---\ntitle: N\n---\nx', '/x/nurse.md').card.title).toBe('N');
});

test('a file that is not there is told by name', async () => {
  await expect(readPersona('/nowhere/x.md')).rejects.toThrow(/\/nowhere\/x\.md: cannot be read/);
});

test('a persona that is not shipped is told with those that are', async () => {
  await expect(findPersona('pirate')).rejects.toThrow(/PERSONA=pirate.*healthcare-assistant/);
  await expect(findPersona('../main')).rejects.toThrow(/no such persona/);
});

test('the default persona greets, suggests, and knows its limits', async () => {
  const { card, prompt } = await findPersona('healthcare-assistant');
  expect(card.greeting).toBeTruthy();
  expect(card.suggestions.length).toBeGreaterThan(0);
  for (const rule of [/never diagnose/i, /never prescribe/i, /emergency number/i])
    expect(prompt).toMatch(rule);
});
