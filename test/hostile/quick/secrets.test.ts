/**
 * The API key, the persona's prompt and people's words: none reaches a client that may not have it,
 * or the log above `debug`.
 */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { sharedFolder } from '../parts/scratch-folder.ts';
import { endSharedServersAfterAll } from '../parts/servers.ts';
import { ask, startWorld, type World } from '../parts/world.ts';

vi.setConfig({ testTimeout: 30_000 });
endSharedServersAfterAll();

const key = 'sk-hostile-0123456789abcdefghijklmnop';
const prompt = 'The persona whispers the secret recipe of the seven herbs to no living soul, ever.';
const instructions =
  'Instructions that only the agent and its model server are meant to read, word for word.';
const words = 'My grandmother hid the spare key below the third flower pot from the left, on Elm Street.';
/** Shorter runs occur in any two texts. */
const runChars = 24;
const longestMessage = 500;

const folder = sharedFolder({ 'secret.md': `---\ntitle: Secret\n---\n${prompt}\n` });

async function start(
  context: Parameters<typeof startWorld>[0],
  clause: string,
  backend: 'openai' | 'ollama' = 'openai',
) {
  const env = { PERSONA: join(folder, 'secret.md'), OPENAI_API_KEY: key, LOG_LEVEL: 'info' };
  return startWorld(context, { clause, backend, env, isShared: true });
}

/** What agents and guests are told, and the log, after a chat that chooses `trick`. */
async function toldBy(world: World, trick: string): Promise<{ agent: string; guest: string; log: string }> {
  const [agent, guest] = [await world.agent(), await world.guest()];
  const history = [
    { role: 'user', content: words },
    { role: 'assistant', content: 'I see.' },
  ];
  const messages = [...history, { role: 'user', content: trick }];
  agent.send({ type: 'chat', id: '1', messages, instructions, mirror: { keep: 0 } });
  guest.send({ type: 'chat', id: '1', messages, mirror: { keep: 0 } });
  const told = [await agent.untilEnd(), await guest.untilEnd()].map((frames) => JSON.stringify(frames));
  agent.close();
  guest.close();
  await world.lives();
  return { agent: told[0] ?? '', guest: told[1] ?? '', log: world.log };
}

/** Runs of `secret` that are in `text`. */
function leaks(text: string, secret: string): string[] {
  const starts = Array.from({ length: secret.length - runChars + 1 }, (_, index) => index);
  return starts.map((at) => secret.slice(at, at + runChars)).filter((run) => text.includes(run));
}

/** When nothing more comes. */
async function loggedBytes({ server }: World): Promise<number> {
  for (let before = -1; before !== server.outputBytes;) {
    before = server.outputBytes;
    await delay(300);
  }
  return server.outputBytes;
}

function messageIn(frames: string): string {
  return /"message":"((?:\\.|[^"\\])*)"/.exec(frames)?.[1] ?? '';
}

test.for(['!key-in-stream', '!key-in-line', '!key-400'] as const)(
  'the API key in what a model server says (%s) reaches neither clients nor the log',
  async (trick, context) => {
    const world = await start(context, 'B11');
    const { agent, guest, log } = await toldBy(world, trick);
    expect(agent).toContain('"error"');
    expect({ agent: agent.includes(key), guest: guest.includes(key), log: log.includes(key) }).toEqual({
      agent: false,
      guest: false,
      log: false,
    });
  },
);

test('a key of one letter does not keep the server from understanding which option a model refuses', async (context) => {
  const world = await startWorld(context, { clause: 'B11', env: { OPENAI_API_KEY: 'x' } });
  const client = await world.agent();
  const frames = await ask(client, '1', '!no-max-tokens', { params: { max_tokens: 50 } });
  expect(frames.at(-1)).toMatchObject({ type: 'complete', finish_reason: 'stop' });
});

test.for(['!vllm-400', '!fastapi-422', '!text-400'] as const)(
  'a refusal that repeats the request (%s) tells neither prompt, instructions nor words',
  async (trick, context) => {
    const world = await start(context, 'B12');
    const { agent, guest, log } = await toldBy(world, trick);
    expect(agent).toContain('"error"');
    for (const secret of [prompt, instructions, words]) {
      expect(leaks(agent, secret), 'agent').toEqual([]);
      expect(leaks(log, secret), 'log').toEqual([]);
    }
    expect(messageIn(agent).length).toBeLessThanOrEqual(longestMessage);
    // In general words, whatever went wrong.
    expect(guest).not.toMatch(/127\.0\.0\.1|\b4\d\d\b|herbs|flower/);
  },
);

test.for(['openai', 'ollama'] as const)(
  'at %s a line that is no JSON is not quoted, for it may repeat what was sent',
  async (backend, context) => {
    const world = await start(context, 'B12', backend);
    for (const line of ['The persona whispers', 'My grandmother hid the spare key below', 'sk-short-key']) {
      const { agent, guest, log } = await toldBy(world, `!line ${line}`);
      expect(agent).toContain('"error"');
      expect(agent + guest + log).not.toContain(line.slice(0, 10));
    }
  },
);

test('a model server that refuses with ten thousand characters is quoted with few of them', async (context) => {
  const world = await start(context, 'B12');
  const { agent, log } = await toldBy(world, `!status 400 ${'no '.repeat(3_000)}`);
  expect(messageIn(agent).length).toBeLessThanOrEqual(longestMessage);
  expect(log.length).toBeLessThan(4_000);
});

test('that a model is not found reaches the operator, and a guest is told in general words', async (context) => {
  const world = await start(context, 'B12');
  const { guest, log } = await toldBy(world, '!no-model');
  expect(log).toMatch(/hostile-model/);
  expect(log).toMatch(/not exist|not found|has no model/i);
  expect(guest).not.toContain('hostile-model` does');
});

test('frames of an unknown type, of any length and number, hardly fill the log', async (context) => {
  const world = await start(context, 'B12');
  const client = await world.agent();
  for (let index = 0; index < 20_000; index += 1) client.send({ type: `mystery ${'y'.repeat(60)}`, index });
  client.send({ type: 'ping' });
  await client.nextOf('pong');
  expect(await loggedBytes(world)).toBeLessThan(200_000);
});

test('the name of a model that a client asks for is not logged in full', async (context) => {
  const world = await start(context, 'B12');
  const client = await world.agent();
  for (let index = 0; index < 10; index += 1) {
    const params = { model: `m${index}${'m'.repeat(500_000)}` };
    await ask(client, String(index), '!no-model', { params, mirror: { keep: 0 } });
  }
  expect(await loggedBytes(world)).toBeLessThan(100_000);
});

test('a key in the query of OPENAI_BASE_URL is shown neither to clients nor in the log', async (context) => {
  const secret = 'query-secret-0123456789';
  const env = {
    LLM_BACKEND: 'openai',
    OPENAI_BASE_URL: `http://127.0.0.1:9/v1?api_key=${secret}`,
    LLM_MODEL: 'm',
  };
  const world = await startWorld(context, { clause: 'B13', backend: 'none', env });
  const client = await world.agent();
  const frames = JSON.stringify(await ask(client, '1', 'Hi'));
  const listed = await (await fetch(`http://127.0.0.1:${world.port}/api/models`)).text();
  expect({ frames: frames.includes(secret), listed: listed.includes(secret) }).toEqual({
    frames: false,
    listed: false,
  });
  expect(world.server.output).not.toContain(secret);
});

test.for([
  'http://169.254.169.254/latest/meta-data/',
  'https://intranet.example/plan.png',
  'file:///etc/passwd',
  'FILE:///etc/passwd',
  ' http://127.0.0.1/',
  'ftp://127.0.0.1/a.png',
] as const)('an image of a guest at %s never reaches the model server', async (url, context) => {
  const world = await startWorld(context, { clause: 'B13', isShared: true });
  await world.model.set({ keptBodies: 10 });
  const image = { type: 'image_url', image_url: { url } };
  const messages = [{ role: 'user', content: [{ type: 'text', text: 'Look.' }, image] }];
  const client = await world.guest();
  client.send({ type: 'chat', id: '1', messages, mirror: { keep: 0 } });
  expect((await client.untilEnd()).at(-1)).toMatchObject({ type: 'error' });
  expect(JSON.stringify(await world.model.bodies())).not.toContain(url.trim());
});

test('an image of a guest as data: reaches the model server', async (context) => {
  const world = await startWorld(context, { clause: 'B13', isShared: true });
  await world.model.set({ keptBodies: 10 });
  const url = 'data:image/png;base64,iVBORw0KGgo=';
  const messages = [{ role: 'user', content: [{ type: 'image_url', image_url: { url } }] }];
  const client = await world.guest();
  client.send({ type: 'chat', id: '1', messages, mirror: { keep: 0 } });
  expect((await client.untilEnd()).at(-1)).toMatchObject({ type: 'complete' });
  expect(JSON.stringify(await world.model.bodies())).toContain('iVBORw0KGgo=');
});
