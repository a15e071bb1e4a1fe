/** An error that nothing catches costs no client its reply; the log names the code that caused it. */
import { expect, onTestFinished, test, vi } from 'vitest';
import { FakeModel } from '../../test/stand-ins/model/fake-model.ts';
import { TestSocket } from '../../test/stand-ins/test-socket.ts';
import { personaFile, scratchFolder } from './personas/scratch-folder.ts';
import { type ServerProcess, startProcess } from './server-process.ts';
import { user } from './test-server.ts';

// A process takes its time to start where many do.
vi.setConfig({ testTimeout: 60_000 });

/** Each by the name of a tool. All that they throw holds words that a person may have said. */
const faults = {
  throws_from_a_timer: "setTimeout(() => { throw new Error('private') });",
  throws_what_is_no_error: 'setTimeout(() => { throw Object.create(null) });',
  throws_what_cannot_be_read:
    "setTimeout(() => { throw Object.defineProperty(new Error('a'), 'stack', { get() { throw new Error('private') } }) });",
  rejects_what_nothing_awaits: "void Promise.reject(new Error('private'));",
  throws_in_what_it_imports: "setTimeout(() => fail('private'));",
  has_a_socket_without_listener: "connect(9, '127.0.0.1');",
} satisfies Record<string, string>;

/** They run until the reply is cancelled. */
const abortFaults = {
  throws_when_aborted: "signal.addEventListener('abort', () => { throw new Error('private') });",
  rejects_when_aborted: "signal.addEventListener('abort', async () => { throw new Error('private') });",
  throws_when_a_signal_of_its_own_aborts:
    "AbortSignal.any([signal]).addEventListener('abort', () => { throw new Error('private') });",
} satisfies Record<string, string>;

const directFaults = {
  throws_no_text: 'throw Object.assign(new Error(), { message: { a: 1 } });',
  throws_no_prototype: 'throw Object.create(null);',
  throws_getters: "throw Object.defineProperty(new Error(), 'message', { get() { throw 1 } });",
  gives_a_thenable_that_throws: 'return { then() { throw Object.create(null) } };',
  gives_what_cannot_be_written: 'return { toJSON() { throw Object.create(null) } };',
} satisfies Record<string, string>;

function faultyPersona(): string {
  const folder = scratchFolder();
  const hanging = Object.entries(abortFaults).map(
    ([name, body]) => [name, `${body} await new Promise(() => {});`] as const,
  );
  const all = [...Object.entries({ ...faults, ...directFaults }), ...hanging];
  const tools = all.map(([name]) => `  - name: ${name}\n    description: Fails.\n    frame: tool_began`);
  folder.write('porter.md', personaFile(`title: Porter\ntools:\n${tools.join('\n')}`));
  folder.write('helper.mjs', 'export function fail(words) { throw new Error(words); }\n');
  const code = all.map(([name, body]) => `export async function ${name}(_, { signal }) { ${body} }`);
  folder.write(
    'porter.tools.js',
    [
      "import { connect } from 'node:net';",
      "import { fail } from './helper.mjs';",
      'void [connect, fail];',
      ...code,
    ].join('\n'),
  );
  return folder.path;
}

async function connect(server: ServerProcess): Promise<TestSocket> {
  const port = await server.says(/socket +ws:\/\/127\.0\.0\.1:(\d+)\//);
  return TestSocket.open(`ws://127.0.0.1:${port}`, ['ws-llm.v1']);
}

async function startModel(): Promise<FakeModel> {
  const model = await FakeModel.start();
  onTestFinished(() => model.close());
  return model;
}

test("whatever a persona's tool throws and whenever, other clients' replies go on and the log names its file", async () => {
  const model = await startModel();
  const server = startProcess({
    LLM_BACKEND: 'ollama',
    OLLAMA_HOST: model.ollamaHost,
    PERSONAS_DIR: faultyPersona(),
    PERSONA: 'porter',
  });
  const [other, client] = [await connect(server), await connect(server)];
  model.script.push({ tokens: Array.from({ length: 150 }, () => 'word '), tokenMs: 20 });
  other.send({ type: 'chat', id: 'long', messages: [user('Talk.')] });
  await other.nextOf('delta');
  for (const name of Object.keys({ ...directFaults, ...faults, ...abortFaults })) {
    model.script.push({ tokens: ['I try.'], toolCalls: [{ id: 'c', name, arguments: '{}' }] });
    client.send({ type: 'chat', id: name, messages: [user('Try.')] });
    await client.nextOf('tool_began');
    if (name in abortFaults) client.send({ type: 'cancel', id: name });
    expect((await client.untilEnd()).at(-1)).toMatchObject({ id: name });
  }
  expect((await other.untilEnd()).at(-1)).toMatchObject({ type: 'complete', id: 'long' });
  server.child.kill('SIGTERM');
  expect(await server.exited).toBe(0);
  const entries = server
    .output()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as { level: number; file?: string; msg: string });
  const strays = entries.filter(({ level }) => level === 50);
  // What the listeners of the tool's own signal throw is caught, and the tool is named.
  expect(strays).toHaveLength(Object.keys(faults).length + 1);
  for (const { file } of strays) expect(file).toMatch(/porter\.tools\.js$/);
  expect(server.output()).not.toContain('private');
});

test('a backend module that throws from a timer, and rejects what nothing awaits, is named and the server goes on', async () => {
  const folder = scratchFolder();
  folder.write(
    'mine.mjs',
    `export default {
      name: 'mine',
      async reply(_, { onEvent }) {
        setTimeout(() => { throw new Error('private'); });
        void Promise.reject(new Error('private'));
        await new Promise((resolve) => setTimeout(resolve, 50));
        onEvent({ type: 'text', text: 'Hello.' });
        onEvent({ type: 'finish', reason: 'stop' });
      },
    };`,
  );
  const server = startProcess({ LLM_BACKEND: folder.file('mine.mjs') });
  const client = await connect(server);
  client.send({ type: 'chat', id: '1', messages: [user('Hi.')] });
  expect((await client.untilEnd()).at(-1)).toMatchObject({ type: 'complete' });
  server.child.kill('SIGTERM');
  expect(await server.exited).toBe(0);
  const errors = server
    .output()
    .split('\n')
    .filter((line) => line.includes('"level":50'));
  expect(errors).toHaveLength(2);
  for (const line of errors) expect(line).toContain('mine.mjs');
  expect(server.output()).not.toContain('private');
});

test("an error that may be the server's own lets open replies finish and ends it with 1", async () => {
  const model = await startModel();
  const fault = "process.on('SIGUSR2', () => { throw new Error('a fault of ours'); })";
  const server = startProcess({
    LLM_BACKEND: 'ollama',
    OLLAMA_HOST: model.ollamaHost,
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(fault)}`,
  });
  const client = await connect(server);
  model.script.push({ tokens: Array.from({ length: 50 }, () => 'word '), tokenMs: 20 });
  client.send({ type: 'chat', id: '1', messages: [user('Talk.')] });
  await client.nextOf('delta');
  server.child.kill('SIGUSR2');
  await client.nextOf('closing');
  expect((await client.untilEnd()).at(-1)).toMatchObject({ type: 'complete', id: '1' });
  expect(await server.exited).toBe(1);
  expect(server.output()).toContain('a fault of ours');
});
