/** Closing a connection ends everything that it had: replies, sockets, handshakes, timers. A program that closed it exits by itself. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test, vi } from 'vitest';
import { overBrowser, overWs, WatchedConnection } from './connect.ts';
import { ready, say } from './frames.ts';
import { InMemorySocket } from './in-memory-socket.ts';
import { RecordedReply } from './recorded-reply.ts';
import { ScriptedServer } from './scripted-server.ts';

test('open replies are lost, the server sees a normal close, and nothing is dialled again', async () => {
  const server = await ScriptedServer.start();
  const connection = new WatchedConnection({ url: server.url });
  const channel = await connection.open();
  const client = await server.client();
  const reply = new RecordedReply();
  channel.chat(say('Hi'), reply);
  connection.close();
  expect(reply.ends).toMatchObject([{ type: 'lost', closeCode: 1000 }]);
  expect(await client.closed).toBe(1000);
  await expect.poll(() => server.lines).toBe(0);
  expect(connection.states.map(({ type }) => type)).toEqual(['connecting', 'open', 'closed']);
  expect(connection.channel).toBeUndefined();
});

test('closed by whoever hears that it is open, it says goodbye as always', async () => {
  const server = await ScriptedServer.start();
  const connection: WatchedConnection = new WatchedConnection({
    url: server.url,
    onState: ({ type }) => {
      if (type === 'open') connection.close();
    },
  });
  await connection.open();
  expect(connection.state.type).toBe('closed');
  expect(await (await server.client()).closed).toBe(1000);
});

test('what is still on its way when it closes is not told any more', async () => {
  for (const dialect of ['v1', 'plain'] as const) {
    const server = await ScriptedServer.start(dialect);
    const told: unknown[] = [];
    const tell = (what: unknown): void => void told.push(what);
    const events = { ready: tell, annotation: tell, closing: tell, unexpected: tell };
    const connection = new WatchedConnection({ url: server.url, dialect, events });
    await connection.open();
    const client = await server.client();
    connection.close();
    client.send(ready(), { type: 'closing', grace_ms: 1 }, 'not json', { type: 'complete', content: '' });
    expect(await client.closed).toBe(1000);
    expect(told).toEqual([]);
  }
});

test('a closed connection cannot be opened again', async () => {
  const connection = new WatchedConnection({ url: 'ws://127.0.0.1:1' });
  connection.close();
  await expect(connection.open()).rejects.toMatchObject({ reason: 'closed' });
});

test('closing twice is closing once', async () => {
  const server = await ScriptedServer.start();
  const connection = new WatchedConnection({ url: server.url });
  await connection.open();
  connection.close();
  connection.close();
  expect(connection.states.map(({ type }) => type)).toEqual(['connecting', 'open', 'closed']);
});

test.each([
  ['ws', overWs],
  ['a browser', overBrowser],
])('over %s a handshake that hangs is given up at once, and nothing else is tried', async (_name, open) => {
  const server = await ScriptedServer.start('silent');
  const connection = new WatchedConnection({ url: server.url, open });
  const opening = connection.open();
  await expect.poll(() => server.offers.length).toBe(1);
  connection.close();
  await expect(opening).rejects.toMatchObject({ reason: 'closed' });
  await expect.poll(() => server.lines).toBe(0);
  expect(server.offers.length).toBe(1);
});

test.each([
  ['a plain server', 'plain'],
  ['a server that just came back', 'v1'],
] as const)(
  'closed while a browser finds out that it talks to %s, it leaves no socket behind',
  async (_name, speaks) => {
    const server = await ScriptedServer.start((attempt) => {
      if (attempt === 2) connection.close();
      return attempt === 0 ? 'hang up' : speaks;
    });
    const connection: WatchedConnection = new WatchedConnection({ url: server.url, open: overBrowser });
    await expect(connection.open()).rejects.toMatchObject({ reason: 'closed' });
    await expect.poll(() => server.lines).toBe(0);
    expect(server.offers.length).toBe(3);
  },
);

test.each(['ws', 'browser'])('closed at the moment of a handshake over %s, no socket stays', async (name) => {
  const server = await ScriptedServer.start(() => {
    connection.close();
    return 'v1';
  });
  const open = name === 'ws' ? overWs : overBrowser;
  const connection: WatchedConnection = new WatchedConnection({ url: server.url, open });
  await expect(connection.open()).rejects.toMatchObject({ reason: 'closed' });
  await expect.poll(() => server.lines).toBe(0);
});

test('closed by whoever hears that it waits, it does not dial again', async () => {
  const server = await ScriptedServer.start('hang up');
  const connection: WatchedConnection = new WatchedConnection({
    url: server.url,
    onState: ({ type }) => {
      if (type === 'waiting') connection.close();
    },
  });
  await expect(connection.open()).rejects.toThrow();
  expect(connection.state.type).toBe('closed');
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(server.offers.length).toBe(1);
});

test('no timer is left, whatever it was doing: connecting, open, or waiting for the next attempt', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  for (const doing of ['connecting', 'open', 'waiting'] as const) {
    const sockets: InMemorySocket[] = [];
    const connection = new WatchedConnection({
      url: 'ws://nowhere',
      open: (_url, protocols) => {
        const socket = new InMemorySocket(protocols);
        sockets.push(socket);
        return socket;
      },
    });
    const opening = connection.open();
    opening.catch(() => undefined);
    if (doing !== 'connecting') await opening;
    if (doing === 'open') sockets[0]?.deliver(ready());
    if (doing === 'waiting') {
      sockets[0]?.end(1012);
      await connection.entered('waiting');
    }
    expect(vi.getTimerCount()).toBe(1);
    connection.close();
    await opening.catch(() => undefined);
    expect(vi.getTimerCount()).toBe(0);
  }
});

test('a program that closed its connections exits by itself', { timeout: 60_000 }, async () => {
  const talking = await ScriptedServer.start();
  const silent = await ScriptedServer.start('silent');
  const away = await ScriptedServer.start('hang up');
  const program = spawn(
    process.execPath,
    [
      '--conditions=source',
      '--import=tsx',
      fileURLToPath(new URL('closing-program.ts', import.meta.url)),
      talking.url,
      silent.url,
      away.url,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  onTestFinished(() => void program.kill('SIGKILL'));
  const exited = once(program, 'exit');
  const lines: string[] = [];
  let closedAt = 0;
  createInterface(program.stdout).on('line', (line) => {
    lines.push(line);
    closedAt = performance.now();
  });
  expect(await exited).toEqual([0, null]);
  expect(lines).toEqual(['closed']);
  // Sooner than any of its timers would have let it.
  expect(performance.now() - closedAt).toBeLessThan(8_000);
});
