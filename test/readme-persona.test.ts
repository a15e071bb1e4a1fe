/** The persona that README writes is one: started as README says, it answers, its tool runs, and it is read again when it is saved. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import {
  type Backend,
  createPersonaServer,
  DemoBackend,
  loadConfig,
  OllamaBackend,
  PersonaLibrary,
} from 'ws-llm-server';
import { FakeModel } from './stand-ins/model/fake-model.ts';
import { type ReceivedFrame, TestSocket } from './stand-ins/test-socket.ts';

const path = (file: string): string => fileURLToPath(new URL(`../${file}`, import.meta.url));
const readme = await readFile(path('README.md'), 'utf8');
const section = /^## Write a persona$([\s\S]*?)^## /m.exec(readme)?.[1] ?? '';

/** The words in backticks before a block of that language name its file; a block without a language is a command. */
function block(language: string): { file: string; text: string } {
  const [before = '', text = ''] =
    new RegExp(`([\\s\\S]*?)^\`\`\`${language}\n([\\s\\S]*?)^\`\`\`$`, 'm').exec(section)?.slice(1) ?? [];
  const file = [...before.matchAll(/`([\w.-]+\.\w+)`/g)].at(-1)?.[1] ?? '';
  return { file, text };
}

const markdown = block('markdown');
const code = block('js');
const command = /^(?:[A-Z_]+=\S+ )+npm start$/m.exec(section)?.[0] ?? '';
const variables = Object.fromEntries(
  [...command.matchAll(/([A-Z_]+)=(\S+)/g)].map(([, name = '', value = '']) => [name, value]),
);

interface Started {
  client: TestSocket;
  ready: ReceivedFrame;
  /** Writes the persona's Markdown file anew. */
  save: (text: string) => Promise<void>;
}

/** In a folder where README's files are where README puts them, with README's variables. */
async function startAsReadmeSays(backend: Backend): Promise<Started> {
  const folder = await mkdtemp(join(tmpdir(), 'ws-llm-readme-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const { persona, personasFolder = '', turnLimits } = loadConfig(variables);
  const own = join(folder, personasFolder);
  await mkdir(own);
  for (const { file, text } of [markdown, code]) await writeFile(join(own, file), text);
  const personas = await PersonaLibrary.open({ persona, folder: own });
  onTestFinished(() => personas.close());
  const server = createPersonaServer({ backend, persona: personas, page: '', turnLimits });
  const { port } = await server.listen(0, '127.0.0.1');
  onTestFinished(() => server.close());
  const client = await TestSocket.open(`ws://127.0.0.1:${port}`, ['ws-llm.v1']);
  const ready = await client.nextOf('ready');
  return { client, ready, save: (text) => writeFile(join(own, markdown.file), text) };
}

function saidIn(frames: readonly ReceivedFrame[]): string {
  return frames.map(({ type, content }) => (type === 'delta' ? String(content) : '')).join('');
}

test('README names its files and starts them by their names', () => {
  expect([markdown.file, code.file]).toEqual(['night-porter.md', 'night-porter.tools.js']);
  expect(variables).toEqual({ PERSONAS_DIR: './my-personas', PERSONA: 'night-porter' });
});

test("the model calls README's tool: the client gets the frame that README shows, the model what the function returns or throws", async () => {
  const model = await FakeModel.start();
  onTestFinished(() => model.close());
  const backend = new OllamaBackend({ host: model.ollamaHost, model: undefined });
  const { client, ready } = await startAsReadmeSays(backend);
  expect(ready['persona']).toMatchObject({ name: 'night-porter', title: 'Night porter' });
  const ask = async (id: string, args: object): Promise<ReceivedFrame[]> => {
    const name = /name: (book\w+)/.exec(markdown.text)?.[1] ?? '';
    const toolCalls = [{ id: `call ${id}`, name, arguments: JSON.stringify(args) }];
    model.script.push({ tokens: ['One moment.'], toolCalls }, { tokens: ['Sleep well.'] });
    client.send({ type: 'chat', id, messages: [{ role: 'user', content: 'Wake me, please' }] });
    return client.untilEnd();
  };
  const shown = JSON.parse(/`(\{"type".*?\})`/.exec(section)?.[1] ?? '') as { room: number; time: string };
  const frames = await ask('1', { room: shown.room, time: shown.time });
  expect(frames).toContainEqual({ ...shown, id: '1' });
  expect(saidIn(frames)).toBe('One moment. Sleep well.');
  expect(model.requests.at(-1)?.body.messages.at(-1)).toMatchObject({
    role: 'tool',
    content: 'Booked for room 12 at 06:30. Tea comes with it.',
  });
  await ask('2', { room: 41, time: '06:30' });
  expect(model.requests.at(-1)?.body.messages.at(-1)?.content).toContain('only 40 rooms');
  client.close();
});

test('without a model the demo uses the tool when it is asked as README says, and a saved file counts at once', async () => {
  const { client, save } = await startAsReadmeSays(new DemoBackend({ slowness: 0 }));
  const content = /the demo: `(.+?)`/.exec(section)?.[1] ?? '';
  client.send({ type: 'chat', id: '1', messages: [{ role: 'user', content }] });
  const frames = await client.untilEnd();
  expect(frames).toContainEqual({ type: 'wake_up_booked', id: '1', room: 12, time: '06:30' });
  expect(saidIn(frames)).toContain('Booked for room 12 at 06:30. Tea comes with it.');
  await save(markdown.text.replace(/^greeting: .*$/m, 'greeting: Good morning.'));
  expect(await client.nextOf('ready')).toMatchObject({ persona: { greeting: 'Good morning.' } });
  client.close();
});
