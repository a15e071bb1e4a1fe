/** The personas that come with the server are ready to be talked to: they greet, suggest, speak briefly, and know their limits. */
import { expect, onTestFinished, test } from 'vitest';
import type { Persona } from '../../src/personas/persona.ts';
import { PersonaLibrary } from '../../src/personas/persona-library.ts';
import { parseToolArguments, runPersonaTool } from '../../src/personas/run-persona-tool.ts';

const names = ['healthcare-assistant', 'freundlich', 'friendly', 'humorous', 'professional', 'supportive'];

async function shipped(): Promise<PersonaLibrary> {
  const library = await PersonaLibrary.open({ persona: 'healthcare-assistant' });
  onTestFinished(() => library.close());
  return library;
}

async function one(name: string): Promise<Persona> {
  const persona = (await shipped()).get(name);
  if (persona === undefined) throw new Error(`no ${name}`);
  return persona;
}

test('all are there, the healthcare assistant first', async () => {
  expect((await shipped()).all.map(({ name }) => name)).toEqual(names);
});

test.each(names)(
  '%s greets, suggests, has a voice and a language, feels, and stays short enough to be spoken',
  async (name) => {
    const { card, prompt, params, emotions } = await one(name);
    expect(card.title).not.toBe(name);
    expect(card.greeting).toBeTruthy();
    expect(card.suggestions).toHaveLength(3);
    expect(card.voice).toMatch(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/);
    expect(card.language).toBe(name === 'freundlich' ? 'de' : 'en');
    expect(emotions?.length).toBeGreaterThanOrEqual(4);
    expect(params.maxTokens).toBeLessThanOrEqual(300);
    expect(prompt).toMatch(/emoji/i);
    expect(prompt).toMatch(/computer program|Computerprogramm/);
    expect(prompt).toMatch(/emergency number|Notruf/);
    // A minute of prefill on a small machine would be no way to begin.
    expect(prompt.length).toBeLessThan(2_500);
  },
);

test('the healthcare assistant knows its limits', async () => {
  const { prompt } = await one('healthcare-assistant');
  for (const rule of [/never diagnose/i, /never prescribe/i, /emergency number/i])
    expect(prompt).toMatch(rule);
});

test('the supportive listener sends people in a crisis to those who can help', async () => {
  const { prompt } = await one('supportive');
  for (const rule of [/never diagnose/i, /emergency number/i]) expect(prompt).toMatch(rule);
});

test('the healthcare assistant tells which symptoms it has heard of, and only in three ways', async () => {
  const [tool, ...others] = (await one('healthcare-assistant')).tools ?? [];
  expect(others).toEqual([]);
  if (tool === undefined) throw new Error('no tool');
  expect(tool).toMatchObject({ name: 'collect_symptoms', frame: 'symptoms_collected' });
  const symptoms = ['present', 'absent', 'unknown'].map((id) => ({ name: 'fever', choice_id: id }));
  expect(parseToolArguments(tool, JSON.stringify({ symptoms }))).toEqual({ fit: true, args: { symptoms } });
  const options = { signal: new AbortController().signal, deadlineMs: 5_000 };
  expect(await runPersonaTool(tool, JSON.stringify({ symptoms }), options)).toBe('{"ok":true}');
  const wrong = JSON.stringify({ symptoms: [{ name: 'fever', choice_id: 'yes' }] });
  expect(await runPersonaTool(tool, wrong, options)).toMatch(
    /symptoms\.0\.choice_id: .*present.*absent.*unknown/,
  );
});
