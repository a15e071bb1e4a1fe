/** On one v1 socket every reply gets what is its own, in order, and ends once; frames that belong to nobody change nothing. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SUBPROTOCOL } from '@ws-llm/protocol';
import { expect, onTestFinished, test } from 'vitest';
import type { Channel, ConnectionOptions } from '../src/index.ts';
import { WatchedConnection } from './connect.ts';
import { complete, delta, ready, say } from './frames.ts';
import { RecordedReply } from './recorded-reply.ts';
import { ScriptedServer } from './scripted-server.ts';
import type { ScriptedSocket } from './scripted-socket.ts';

async function pair(events: ConnectionOptions['events'] = {}): Promise<[Channel, ScriptedSocket]> {
  const server = await ScriptedServer.start();
  const channel = await new WatchedConnection({ url: server.url, events }).open();
  return [channel, await server.client()];
}

/** Resolves once the channel has read everything that the server sent before. */
async function settled(channel: Channel, client: ScriptedSocket): Promise<void> {
  const last = new RecordedReply();
  channel.chat(say('last', 'last'), last);
  client.send(complete('last'));
  await last.ended;
}

test('a ready that comes in the same packet as the handshake is not lost', async () => {
  const http = createServer();
  onTestFinished(() => void http.close());
  http.on('upgrade', (request, line) => {
    onTestFinished(() => void line.destroy());
    const key = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
    const handshake =
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
      `Sec-WebSocket-Accept: ${createHash('sha1').update(key).digest('base64')}\r\n` +
      `Sec-WebSocket-Protocol: ${SUBPROTOCOL}\r\n\r\n`;
    const payload = Buffer.from(JSON.stringify(ready()));
    const header = Buffer.from([0x81, 126, payload.length >> 8, payload.length & 0xff]);
    line.write(Buffer.concat([Buffer.from(handshake), header, payload]));
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const told = new Promise<string>((resolve) => {
    const connection = new WatchedConnection({
      url: `ws://127.0.0.1:${(http.address() as AddressInfo).port}`,
      events: { ready: (frame) => resolve(frame.server) },
    });
    void connection.open();
  });
  expect(await told).toBe('scripted 1');
});

test('the channel holds the latest ready [P-35]', async () => {
  const seen: string[] = [];
  const [channel, client] = await pair({ ready: (frame) => seen.push(frame.server) });
  expect(channel.ready).toBeUndefined();
  client.send(ready(), { ...ready(), server: 'scripted 2' });
  await settled(channel, client);
  expect(seen).toEqual(['scripted 1', 'scripted 2']);
  expect(channel.ready?.server).toBe('scripted 2');
});

test('a chat may be sent before ready arrives, with everything that was asked for', async () => {
  const [channel, client] = await pair();
  const request = { ...say('Hi', 'q1'), instructions: 'Be brief.', mirror: { keep: 0 }, params: { seed: 1 } };
  expect(channel.chat(request, new RecordedReply()).id).toBe('q1');
  expect(await client.next()).toEqual({ type: 'chat', ...request });
});

test('without an id every chat gets one of its own', async () => {
  const [channel, client] = await pair();
  const replies = [1, 2, 3].map(() => channel.chat(say('Hi'), new RecordedReply()));
  expect(new Set(replies.map(({ id }) => id)).size).toBe(3);
  for (const { id } of replies) expect(await client.next()).toMatchObject({ id });
});

test('interleaved replies come apart by id, each in order', async () => {
  const [channel, client] = await pair();
  const [a, b] = [new RecordedReply(), new RecordedReply()];
  channel.chat(say('A', 'a'), a);
  channel.chat(say('B', 'b'), b);
  const call = { id: 'c1', type: 'function', function: { name: 'weather', arguments: '{}' } };
  client.send(
    delta('b', 'B1 '),
    { type: 'reasoning', id: 'a', content: 'hm' },
    delta('a', 'A1 '),
    delta('b', 'B2'),
    { type: 'tool_call', id: 'a', call },
    complete('b', 'length'),
    { type: 'symptoms_collected', id: 'a', symptoms: [] },
    delta('a', 'A2'),
    complete('a', 'tool_calls'),
  );
  const { usage, timing, model, backend } = complete('a');
  expect(await a.ended).toEqual({
    type: 'complete',
    finishReason: 'tool_calls',
    usage,
    timing,
    model,
    backend,
  });
  expect(await b.ended).toMatchObject({ type: 'complete', finishReason: 'length' });
  expect(b.text).toBe('B1 B2');
  expect(a.parts).toEqual([
    { type: 'reasoning', text: 'hm' },
    { type: 'text', text: 'A1 ' },
    { type: 'tool_call', call },
    { type: 'persona_frame', frame: { type: 'symptoms_collected', id: 'a', symptoms: [] } },
    { type: 'text', text: 'A2' },
  ]);
});

test('an error with an id ends its reply alone, and tells whether and when to try again', async () => {
  const [channel, client] = await pair();
  const [a, b] = [new RecordedReply(), new RecordedReply()];
  channel.chat(say('A', 'a'), a);
  channel.chat(say('B', 'b'), b);
  const error = { type: 'error', id: 'a', code: 'rate_limited', message: 'Later.', retryable: true };
  client.send({ ...error, retry_after_ms: 500 }, delta('b', 'fine'), complete('b'));
  expect(await a.ended).toEqual({
    type: 'failed',
    code: 'rate_limited',
    message: 'Later.',
    retryable: true,
    retryAfterMs: 500,
  });
  await b.ended;
  expect(b.text).toBe('fine');
});

test('frames for ids that have ended, or were never used, are ignored [P-12]', async () => {
  const unexpected: string[] = [];
  const [channel, client] = await pair({ unexpected: (message) => unexpected.push(message) });
  const reply = new RecordedReply();
  channel.chat(say('A', 'a'), reply);
  client.send(
    delta('nobody', 'x'),
    complete('nobody'),
    complete('a'),
    delta('a', 'late'),
    complete('a', 'cancelled'),
    { type: 'error', id: 'a', code: 'internal', message: 'late', retryable: false },
    { type: 'weather', id: 'a' },
  );
  await settled(channel, client);
  expect(reply.parts).toEqual([]);
  expect(reply.late).toEqual([]);
  expect(reply.ends).toMatchObject([{ finishReason: 'stop' }]);
  expect(unexpected).toEqual([]);
});

test('an annotation about a reply that has ended is told, and so is closing', async () => {
  const told: object[] = [];
  const tell = (frame: object): void => void told.push(frame);
  const [channel, client] = await pair({ annotation: tell, closing: tell });
  const annotation = { type: 'annotation', reply: 'gone', emotion: 'calm' };
  client.send(annotation, { type: 'closing', grace_ms: 500 });
  await settled(channel, client);
  expect(told).toEqual([annotation, { type: 'closing', grace_ms: 500 }]);
});

test('what is not of the protocol is told and ignored: broken frames, bytes, errors without an id', async () => {
  const unexpected: string[] = [];
  const [channel, client] = await pair({ unexpected: (message) => unexpected.push(message) });
  client.send('not json', '[]', '{"type":"delta","id":1}', Buffer.from('{"type":"pong"}'));
  client.send({ type: 'error', code: 'bad_request', message: 'thread: expected a string', retryable: false });
  await settled(channel, client);
  expect(unexpected).toEqual([
    'a frame is one JSON object',
    'a frame is one JSON object',
    'delta: id: expected a string',
    'a frame is one JSON object',
    'thread: expected a string',
  ]);
});

test('a reply whose frame is broken fails and is cancelled, because the rest of it cannot be trusted', async () => {
  const [channel, client] = await pair();
  const recorded = new RecordedReply();
  channel.chat(say('A', 'a'), recorded);
  client.send({ type: 'delta', id: 'a', content: ['half a word'] });
  expect(await recorded.ended).toMatchObject({ type: 'failed', code: 'internal', retryable: false });
  client.send(delta('a', 'late'), complete('a', 'cancelled'));
  await settled(channel, client);
  expect(recorded.text).toBe('');
  expect(client.frames).toContainEqual({ type: 'cancel', id: 'a' });
});

test('cancelling sends one frame, however often it is asked, and the server decides how the reply ends', async () => {
  const [channel, client] = await pair();
  const recorded = new RecordedReply();
  const reply = channel.chat(say('A', 'a'), recorded);
  reply.cancel();
  reply.cancel();
  client.send(delta('a', 'just before'), complete('a', 'cancelled'));
  expect(await recorded.ended).toMatchObject({ type: 'complete', finishReason: 'cancelled' });
  expect(recorded.text).toBe('just before');
  reply.cancel();
  await settled(channel, client);
  channel.close();
  await client.closed;
  expect(client.frames.map(({ type }) => type)).toEqual(['chat', 'cancel', 'chat']);
});

test('cancelling a reply that has ended sends nothing', async () => {
  const [channel, client] = await pair();
  const recorded = new RecordedReply();
  const reply = channel.chat(say('A', 'a'), recorded);
  client.send(complete('a'));
  await recorded.ended;
  reply.cancel();
  channel.close();
  reply.cancel();
  await client.closed;
  expect(client.frames.map(({ type }) => type)).toEqual(['chat']);
});

test('an id that is still open is not used twice: the second chat throws, the first goes on', async () => {
  const [channel, client] = await pair();
  const first = new RecordedReply();
  channel.chat(say('A', 'a'), first);
  expect(() => channel.chat(say('B', 'a'), new RecordedReply())).toThrow('"a" is still open');
  client.send(delta('a', 'for the first'), complete('a'));
  await first.ended;
  expect(first.text).toBe('for the first');
});

test('an id that has ended is not used again: a server would close the socket, and with it everything else', async () => {
  const [channel, client] = await pair();
  const first = new RecordedReply();
  channel.chat(say('A', 'r1'), first);
  client.send(complete('r1'));
  await first.ended;
  expect(() => channel.chat(say('B', 'r1'), new RecordedReply())).toThrow('"r1" was used before');
  expect(channel.chat(say('B'), new RecordedReply()).id).toBe('r2');
});

test('a request that is no JSON throws, and its reader is never called', async () => {
  const [channel, client] = await pair();
  const recorded = new RecordedReply();
  const tools = [{ type: 'function' as const, function: { name: 'f', parameters: { size: 1n } } }];
  expect(() => channel.chat({ ...say('A'), tools }, recorded)).toThrow(TypeError);
  channel.close();
  await client.closed;
  expect(recorded.ends).toEqual([]);
});

test('resets are answered in order', async () => {
  const [channel, client] = await pair();
  const order: number[] = [];
  const resets = [1, 2].map((n) => channel.reset().then(() => order.push(n)));
  expect(await client.next()).toEqual({ type: 'reset' });
  client.send({ type: 'reset_complete' }, { type: 'reset_complete' });
  await Promise.all(resets);
  expect(order).toEqual([1, 2]);
});

test('a reset names its thread, and is answered by its name', async () => {
  const [channel, client] = await pair();
  const order: string[] = [];
  const own = channel.reset().then(() => order.push('own'));
  const named = channel.reset('diary').then(() => order.push('diary'));
  expect(await client.next()).toEqual({ type: 'reset' });
  expect(await client.next()).toEqual({ type: 'reset', thread: 'diary' });
  client.send({ type: 'reset_complete', thread: 'diary' }, { type: 'reset_complete' });
  await Promise.all([own, named]);
  expect(order).toEqual(['diary', 'own']);
});

test('a reset that the server will not do is rejected in its words, and the next one goes on', async () => {
  const unexpected: string[] = [];
  const [channel, client] = await pair({ unexpected: (message) => unexpected.push(message) });
  const refused = channel.reset('diary');
  const allowed = channel.reset();
  const message = 'thread: not for guests';
  client.send({ type: 'error', code: 'unauthorized', message, retryable: false }, { type: 'reset_complete' });
  await expect(refused).rejects.toThrow(message);
  await allowed;
  expect(unexpected).toEqual([]);
});
