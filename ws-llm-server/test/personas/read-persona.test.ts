/** A persona is what its file says; a file that cannot be used says where and why, everything at once. */
import { expect, test } from 'vitest';
import { PersonaError } from '../../src/personas/persona-error.ts';
import { parsePersona, readPersona } from '../../src/personas/read-persona.ts';
import { personaFile, scratchFolder } from './scratch-folder.ts';
import { cpuTime } from '../cpu-time.ts';

test('front matter is what clients see and what the model is told, the body is the prompt', () => {
  const head = `name: sister
title: Nurse
greeting: Hi
voice: v-1
language: de-CH
suggestions: [a, b]
model: llama3.2
temperature: 0.2
top_p: 0.9
max_tokens: 50
seed: 7
stop: ["\\n", END]
reasoning_effort: low
emotions: [calm, worried]`;
  expect(parsePersona(personaFile(head, 'You are kind.'), '/x/nurse.md')).toEqual({
    card: {
      name: 'sister',
      title: 'Nurse',
      greeting: 'Hi',
      voice: 'v-1',
      language: 'de-CH',
      suggestions: ['a', 'b'],
    },
    prompt: 'You are kind.',
    model: 'llama3.2',
    params: {
      temperature: 0.2,
      topP: 0.9,
      maxTokens: 50,
      seed: 7,
      stop: ['\n', 'END'],
      reasoningEffort: 'low',
    },
    emotions: ['calm', 'worried'],
  });
});

test('a title is enough; the name is the file’s', () => {
  expect(parsePersona(personaFile('title: Nurse'), '/x/night-nurse.md')).toEqual({
    card: { name: 'night-nurse', title: 'Nurse', suggestions: [] },
    prompt: 'You are a test.',
    params: {},
  });
});

test('a tool that sends a frame needs no code, and its arguments are whatever its schema says', () => {
  const head = `title: N
tools:
  - name: ring
    description: Rings the bell.
    frame: bell_rung
  - name: book
    description: Books a room.
    frame: room_booked
    parameters:
      type: object
      properties: {nights: {type: integer}}
      required: [nights]`;
  expect(parsePersona(personaFile(head), '/x/n.md').tools).toEqual([
    {
      name: 'ring',
      description: 'Rings the bell.',
      frame: 'bell_rung',
      parameters: { type: 'object', properties: {} },
    },
    {
      name: 'book',
      description: 'Books a room.',
      frame: 'room_booked',
      parameters: { type: 'object', properties: { nights: { type: 'integer' } }, required: ['nights'] },
    },
  ]);
});

test.each([
  ['no front matter', 'Hello', /^\/x\/n\.md:1: .*front matter/],
  ['front matter without an end', '---\ntitle: N\nx', /^\/x\/n\.md:1: .*front matter/],
  ['front matter that is a list', '---\n- a\n---\nx', /^\/x\/n\.md:2: expected keys and values/],
  [
    'a key that nobody knows',
    '---\ntitle: N\n\n\ntitel: M\n---\nx',
    /^\/x\/n\.md:5: titel: expected one of the keys name, title, /,
  ],
  ['no title', '---\ngreeting: Hi\n---\nx', /^\/x\/n\.md:1: title: expected text; it is missing$/],
  ['nothing at all', '---\n---\nx', /^\/x\/n\.md:1: title: expected text; it is missing$/],
  [
    'a value of the wrong kind',
    '---\ntitle: N\n\ntemperature: hot\n---\nx',
    /^\/x\/n\.md:4: temperature: expected a number from 0 to 2$/,
  ],
  [
    'a value that is too large',
    '---\ntitle: N\ntop_p: 3\n---\nx',
    /^\/x\/n\.md:3: top_p: expected a number from 0 to 1$/,
  ],
  [
    'half a token',
    '---\ntitle: N\nmax_tokens: 1.5\n---\nx',
    /^\/x\/n\.md:3: max_tokens: expected a whole number above 0$/,
  ],
  [
    'a suggestion with a colon',
    '---\ntitle: N\nsuggestions:\n  - a\n  - Tell me: why?\n---\nx',
    /^\/x\/n\.md:5: suggestions\[1\]: expected text; put it into quotes/,
  ],
  ['broken YAML', '---\ntitle: N\ngreeting: "Hi\n---\nx', /^\/x\/n\.md:\d: /],
  ['a key twice', '---\ntitle: N\ngreeting: a\ngreeting: b\n---\nx', /^\/x\/n\.md:4: .*unique/],
  [
    'an alias that explodes',
    `---\ntitle: N\na: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c]\n---\nx`,
    /^\/x\/n\.md:2: .*alias/i,
  ],
  [
    'an empty prompt',
    '---\ntitle: N\n---\n \n',
    /^\/x\/n\.md: the prompt, below the front matter, is empty$/,
  ],
  [
    'one emotion alone',
    '---\ntitle: N\nemotions: [calm]\n---\nx',
    /^\/x\/n\.md:3: emotions: expected at least two words$/,
  ],
  [
    'an emotion twice',
    '---\ntitle: N\nemotions: [calm, Calm]\n---\nx',
    /^\/x\/n\.md:3: emotions: expected words that differ$/,
  ],
  [
    'a language in words',
    '---\ntitle: N\nlanguage: German\n---\nx',
    /^\/x\/n\.md:3: language: expected a language such as en or de-CH$/,
  ],
  [
    'a name that no address can hold',
    '---\ntitle: N\nname: a b\n---\nx',
    /^\/x\/n\.md:3: name: expected at most 64 letters/,
  ],
])('%s is told with file and line', (_, text, words) => {
  expect(() => parsePersona(text, '/x/n.md')).toThrow(words);
});

test('a file whose own name cannot be the persona’s asks for one', () => {
  expect(() => parsePersona(personaFile('title: N'), '/x/My nurse.md')).toThrow(
    "/x/My nurse.md:1: name: expected at most 64 letters, digits, - and _; the file's own name has others, so give it one here",
  );
});

test.each([
  ['no name', '- description: d\n    frame: f', /:4: tools\[0\]\.name: .*missing/],
  [
    'a name that no function can have',
    '- name: book-room\n    description: d\n    frame: f',
    /:4: tools\[0\]\.name: expected letters/,
  ],
  ['no description', '- name: a\n    frame: f', /:4: tools\[0\]\.description: .*missing/],
  [
    'a key that nobody knows',
    '- name: a\n    description: d\n    frame: f\n    parameter: {}',
    /:7: tools\[0\]\.parameter: expected one of the keys name, description, parameters, frame/,
  ],
  [
    'a schema of something else than an object',
    '- name: a\n    description: d\n    frame: f\n    parameters: {type: string}',
    /:7: tools\[0\]\.parameters: expected a JSON schema of type object/,
  ],
  [
    'a schema that cannot be checked',
    '- name: a\n    description: d\n    frame: f\n    parameters: {type: object, properties: {x: {type: strin}}}',
    /:7: tools\[0\]\.parameters: expected a JSON schema that can be checked \(.*strin\)/,
  ],
  [
    'an argument that would hide the frame’s own key',
    '- name: a\n    description: d\n    frame: f\n    parameters: {type: object, properties: {id: {type: string}}}',
    /:7: tools\[0\]\.parameters\.properties\.id: expected another name/,
  ],
  [
    'the name of another',
    '- name: a\n    description: d\n    frame: f\n  - name: a\n    description: e\n    frame: g',
    /:7: tools\[1\]\.name: expected a name of its own/,
  ],
  [
    'neither frame nor code',
    '- name: a\n    description: d',
    /:4: tools\[0\]: expected a frame, or a function a that n\.tools\.js exports/,
  ],
])('a tool with %s is refused, with file and line', (_, tool, words) => {
  expect(() => parsePersona(personaFile(`title: N\ntools:\n  ${tool}`), '/x/n.md')).toThrow(words);
});

test.each([
  'chat',
  'warm',
  'cancel',
  'ping',
  'reset',
  'ready',
  'delta',
  'reasoning',
  'tool_call',
  'complete',
  'warmed',
  'error',
  'annotation',
  'closing',
  'reset_complete',
  'pong',
])('a tool cannot send frames of the protocol’s own type %s [P-149]', (frame) => {
  const head = `title: N\ntools:\n  - name: a\n    description: d\n    frame: ${frame}`;
  expect(() => parsePersona(personaFile(head), '/x/n.md')).toThrow(
    "/x/n.md:6: tools[0].frame: expected a type that is not one of the protocol's own",
  );
});

test.each([
  ['thousands of keys', Array.from({ length: 9_000 }, (_, index) => `k${index}:`).join('\n')],
  ['thousands of mistakes', '}\n'.repeat(32_000)],
  ['thousands of tools', `tools: [${'{},'.repeat(20_000)}]`],
  ['brackets inside brackets', `a: ${'['.repeat(60_000)}`],
  ['a tag without end', `a: ${'!'.repeat(60_000)}`],
  ['more text than anybody writes', `a: ${'x'.repeat(100_000)}`],
  [
    'aliases of aliases',
    'a b c d e f g h i'
      .split(' ')
      .map((name, index, all) => {
        const before = `*${all[index - 1] ?? ''},`;
        return `${name}: &${name} [${(index === 0 ? 'x,' : before).repeat(9)}]`;
      })
      .join('\n'),
  ],
  [
    'a schema that holds itself',
    'title: a\ntools:\n - {name: t, description: d, frame: f, parameters: &p {type: object, properties: {q: *p}}}',
  ],
])('front matter with %s is refused in a moment and in a few lines', (_, head) => {
  const usedMs = cpuTime();
  let problems: readonly string[] = [];
  try {
    parsePersona(`---\n${head}\n---\nx`, '/x/n.md');
  } catch (error) {
    problems = error instanceof PersonaError ? error.problems : [];
  }
  expect(usedMs()).toBeLessThan(1_000);
  expect(problems.length).toBeGreaterThan(0);
  expect(problems.join('').length).toBeLessThan(25_000);
});

test('all mistakes of a file are told at once', () => {
  const text = '---\ntitel: N\ntemperature: hot\nlanguage: 5\n---\n';
  expect(() => parsePersona(text, '/x/n.md')).toThrow(PersonaError);
  try {
    parsePersona(text, '/x/n.md');
  } catch (error) {
    const { problems } = error as PersonaError;
    expect(problems.map((problem) => problem.replace(/: expected.*/, ''))).toEqual(
      expect.arrayContaining([
        '/x/n.md:1: title',
        '/x/n.md:2: titel',
        '/x/n.md:3: temperature',
        '/x/n.md:4: language',
      ]),
    );
    expect(problems).toContain('/x/n.md: the prompt, below the front matter, is empty');
  }
});

test.each([
  ['a byte order mark', '\uFEFF---\ntitle: N\n---\nx\ny'],
  ['line ends of Windows', '---\r\ntitle: N\r\n---\r\nx\r\ny\r\n'],
  ['spaces behind the fences', '---  \ntitle: N\n--- \nx\ny'],
])('%s, which some editors write, do no harm', (_, text) => {
  expect(parsePersona(text, '/x/n.md')).toMatchObject({ card: { title: 'N' }, prompt: 'x\ny' });
});

test('a rule of --- in the prompt stays in it', () => {
  expect(parsePersona('---\ntitle: N\n---\na\n\n---\n\nb', '/x/n.md').prompt).toBe('a\n\n---\n\nb');
});

test('a file that is not there is told by name', async () => {
  await expect(readPersona('/nowhere/x.md')).rejects.toThrow(/^\/nowhere\/x\.md: cannot be read/);
});

test('the code beside a persona is its tools’', async () => {
  const folder = scratchFolder();
  folder.write('kind.md', personaFile('title: K\ntools:\n  - name: add\n    description: Adds.'));
  folder.write('kind.tools.js', 'export function add({ a, b }) {\n  return a + b;\n}\n');
  const { tools } = await readPersona(folder.file('kind.md'));
  expect(tools?.[0]?.run?.({ a: 1, b: 2 }, { signal: new AbortController().signal })).toBe(3);
});

test.each([
  ['throws while it loads', 'const x = 1;\nthrow new Error("boom");', /kind\.tools\.js:2: boom$/],
  [
    'exports what is no tool',
    'export function ad() {}',
    /kind\.tools\.js: ad: expected functions that are named as tools: add/,
  ],
  [
    'exports what is no function',
    'export const add = 5;',
    /kind\.tools\.js: add: expected functions that are named as tools: add/,
  ],
  [
    'cannot be parsed',
    'export const a = 1;\n\nexport function add( { return 1 }\n',
    /kind\.tools\.js:3: Unexpected/,
  ],
  [
    'imports what is not there',
    'import "./nowhere.js";\nexport function add() {}',
    /kind\.tools\.js(:1)?: .*nowhere\.js/,
  ],
])('code that %s is told with its file, and its line where there is one', async (_, code, words) => {
  const folder = scratchFolder();
  folder.write('kind.md', personaFile('title: K\ntools:\n  - name: add\n    description: Adds.'));
  folder.write('kind.tools.js', code);
  await expect(readPersona(folder.file('kind.md'))).rejects.toThrow(words);
});

test('code beside a persona that declares no tools is a mistake', async () => {
  const folder = scratchFolder();
  folder.write('kind.md', personaFile('title: K'));
  folder.write('kind.tools.js', 'export function add() {}');
  await expect(readPersona(folder.file('kind.md'))).rejects.toThrow(
    /kind\.tools\.js: add: expected functions that are named as tools, of which kind\.md declares none$/,
  );
});
