/** The guide to personas tells the truth: what it shows can be loaded and run, and what it lists is all that there is. */
import { readFileSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { personaKeys, toolKeys } from '../../src/personas/persona-schema.ts';
import { PersonaLibrary } from '../../src/personas/persona-library.ts';
import type { PersonaTool } from '../../src/personas/persona.ts';
import { parseToolArguments, runPersonaTool } from '../../src/personas/run-persona-tool.ts';
import { type ScratchFolder, scratchFolder } from './scratch-folder.ts';

const guide = readFileSync(new URL('../../../docs/personas.md', import.meta.url), 'utf8');

interface Example {
  language: string;
  /** Name of the file that it is; empty where it is none. */
  file: string;
  text: string;
}

const examples: Example[] = [...guide.matchAll(/^```(\w*) ?(\S*)\n([\s\S]*?)^```$/gm)].map(
  ([, language = '', file = '', text = '']) => ({ language, file, text }),
);
const [first, ...later] = examples.filter(({ file }) => file !== '');

async function open(folder: ScratchFolder): Promise<PersonaLibrary> {
  const library = await PersonaLibrary.open({ persona: 'night-porter', folder: folder.path });
  onTestFinished(() => library.close());
  return library;
}

async function finishedPorter(): Promise<{ library: PersonaLibrary; tool: (name: string) => PersonaTool }> {
  const folder = scratchFolder();
  for (const { file, text } of later) folder.write(file, text);
  const library = await open(folder);
  return {
    library,
    tool(name) {
      const found = library.default.tools?.find((tool) => tool.name === name);
      if (found === undefined) throw new Error(`no tool ${name}`);
      return found;
    },
  };
}

test('every example is one that is tried here', () => {
  const kinds = examples.map(({ language, file }) => `${language} ${file}`.trim());
  expect(kinds).toEqual([
    'markdown night-porter.md',
    '',
    'markdown night-porter.md',
    'json',
    'js night-porter.tools.js',
    'json menu.json',
    'text',
  ]);
});

test('the first persona is one', async () => {
  const folder = scratchFolder();
  folder.write(first?.file ?? '', first?.text ?? '');
  expect((await open(folder)).default).toMatchObject({
    card: {
      name: 'night-porter',
      title: 'Night porter',
      suggestions: [expect.any(String), expect.any(String)],
    },
    params: { temperature: 0.4 },
  });
});

test('the tool with a frame takes what the frame shows, and the model is told ok', async () => {
  const { tool } = await finishedPorter();
  const shown = examples.find(({ language, file }) => language === 'json' && file === '')?.text ?? '';
  const { type, id, ...args } = JSON.parse(shown) as Record<string, unknown>;
  expect(type).toBe(tool('book_wake_up_call').frame);
  expect(id).toEqual(expect.any(String));
  expect(parseToolArguments(tool('book_wake_up_call'), JSON.stringify(args))).toEqual({ fit: true, args });
  const options = { signal: new AbortController().signal, deadlineMs: 5_000 };
  expect(await runPersonaTool(tool('book_wake_up_call'), JSON.stringify(args), options)).toBe('{"ok":true}');
});

test('the tool with code tells the model what the code returns', async () => {
  const { tool } = await finishedPorter();
  const options = { signal: new AbortController().signal, deadlineMs: 5_000 };
  expect(JSON.parse(await runPersonaTool(tool('breakfast'), '{}', options))).toEqual({
    from: '07:00',
    to: '10:00',
    today: ['eggs', 'rye bread', 'plum jam'],
  });
});

test('a mistake is told in the words that the guide shows', async () => {
  const folder = scratchFolder();
  folder.write('night-porter.md', (later[0]?.text ?? '').replace('temperature: 0.4', 'temperature: hot'));
  folder.write('night-porter.tools.js', later[1]?.text ?? '');
  const shown = examples.find(({ language }) => language === 'text')?.text.trim();
  await expect(open(folder)).rejects.toThrow(`${folder.path}/${shown}`);
});

test('the tables list every key, and no other', () => {
  const listed = [...guide.matchAll(/^\| `(\w+)` \|/gm)].map(([, key]) => key);
  expect(listed).toEqual([...personaKeys, ...toolKeys]);
});

test('every variable that the guide names is in .env.example', () => {
  const variables = readFileSync(new URL('../../../.env.example', import.meta.url), 'utf8');
  const named = [...guide.matchAll(/\b(PERSONAS?(?:_DIR)?)=/g)].map(([, name]) => name ?? '');
  expect(named).toEqual(['PERSONAS_DIR', 'PERSONA']);
  for (const name of named) expect(variables).toContain(`${name}=`);
});
