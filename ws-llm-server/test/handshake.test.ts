/** How a connection begins: the client's offer decides the dialect, frames are text, and nobody has to wait for `ready`. */
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { expect, test } from 'vitest';
import { TestSocket } from '../../test/stand-ins/test-socket.ts';
import { startTestServer, user } from './test-server.ts';

test.each([
  ['alone', ['ws-llm.v1']],
  ['among others', ['graphql-ws', 'ws-llm.v1', 'bearer.x']],
])('ws-llm.v1 is selected where it is offered, %s [P-1]', async (_, offered) => {
  const { url } = await startTestServer();
  const client = await TestSocket.open(url, offered);
  expect(client.socket.protocol).toBe('ws-llm.v1');
  expect((await client.next()).type).toBe('ready');
});

test('to a client that offers nothing the server selects nothing, and speaks plain [P-2]', async () => {
  const { plain } = await startTestServer();
  const client = await plain();
  expect(client.socket.protocol).toBe('');
  client.send({ type: 'chat', messages: [user('hi')] });
  const frames = await client.untilEnd();
  expect(new Set(frames.map(({ type }) => type))).toEqual(new Set(['delta', 'complete']));
});

test.each([
  ['plain', []],
  ['v1', ['ws-llm.v1']],
])('every frame to a %s client is one JSON object in a text message [P-4]', async (_, offered) => {
  const { url, model } = await startTestServer();
  model.fallback = { tokens: ['Grüße', ' 👩‍⚕️'] };
  const socket = new WebSocket(url, offered);
  const received: { text: string; isBinary: boolean }[] = [];
  const ended = new Promise<void>((resolve) => {
    socket.on('message', (data: Buffer, isBinary) => {
      const text = data.toString('utf8');
      received.push({ text, isBinary });
      if (text.includes('"complete"')) resolve();
    });
  });
  await once(socket, 'open');
  socket.send(JSON.stringify({ type: 'chat', id: '1', messages: [user('hi')] }));
  await ended;
  socket.close();
  expect(received.every(({ isBinary }) => !isBinary)).toBe(true);
  for (const { text } of received) expect(JSON.parse(text)).toMatchObject({ type: expect.any(String) });
});

test('what a client sends before ready arrives is served, and ready comes first all the same [P-33] [P-34]', async () => {
  const { url } = await startTestServer();
  const client = await TestSocket.open(url, ['ws-llm.v1']);
  client.send({ type: 'chat', id: '1', messages: [user('hi')] });
  expect((await client.next()).type).toBe('ready');
  expect((await client.untilEnd()).at(-1)).toMatchObject({ type: 'complete', id: '1' });
});
