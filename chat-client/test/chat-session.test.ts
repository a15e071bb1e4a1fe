/** Whatever happens to the connection, the server is told exactly the conversation that the page shows. */
import { afterEach, expect, test, vi } from 'vitest';
import { ChatSession } from '../src/logic/chat-session.ts';
import { leftServerWords, linkWords } from '../src/logic/link-words.ts';
import { ready, scriptedServer, type ScriptedServer } from './in-memory-server.ts';

let session: ChatSession;

afterEach(() => session.close());

async function connect(dialect: 'v1' | 'plain'): Promise<ScriptedServer> {
  const server = scriptedServer(dialect);
  session = new ChatSession('ws://scripted/', { open: server.open, now: () => 0, onChange: () => {} });
  session.connect('ws://scripted/');
  await connected();
  return server;
}

const connected = () => vi.waitFor(() => expect(session.state.link.type).toBe('connected'));
const replyState = () => session.state.turns.at(-1)?.reply.state;

/** What the newest `chat` carried. */
function lastChat({ socket }: ScriptedServer): {
  id: string;
  contents: unknown[];
  frame: Record<string, unknown>;
} {
  const frame = socket.received.findLast(({ type }) => type === 'chat');
  if (frame === undefined) throw new Error('nothing was asked on this connection');
  const messages = frame['messages'] as { content: unknown }[];
  return { id: String(frame['id']), contents: messages.map(({ content }) => content), frame };
}

function answer(server: ScriptedServer, text: string): void {
  const { id, frame } = lastChat(server);
  if (frame['id'] === undefined) {
    server.socket.send({ type: 'delta', content: text });
    server.socket.send({ type: 'complete', content: text });
    return;
  }
  server.socket.send({ type: 'delta', id, content: text });
  const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };
  const timing = { queue_ms: 0, total_ms: 1 };
  const rest = { finish_reason: 'stop', usage, timing, model: 'script', backend: 'demo' };
  server.socket.send({ type: 'complete', id, ...rest });
}

test('the persona introduces itself', async () => {
  await connect('v1');
  expect(session.state).toMatchObject({
    persona: { name: 'Mira', greeting: 'Hello.' },
    link: { type: 'connected', backend: 'demo', model: 'script' },
  });
});

test('each question brings the whole conversation and stands alone', async () => {
  const server = await connect('v1');
  expect(session.ask(' one ')).toBe('taken');
  answer(server, 'first');
  session.ask('two');
  expect(lastChat(server).contents).toEqual(['one', 'first', 'two']);
  expect(lastChat(server).frame['mirror']).toEqual({ keep: 0 });
});

test('a stopped reply ends where the reader saw it end, whatever still arrives', async () => {
  const server = await connect('v1');
  session.ask('one');
  const { id } = lastChat(server);
  server.socket.send({ type: 'delta', id, content: 'Because of ' });
  session.stop();
  server.socket.send({ type: 'delta', id, content: 'the weather' });
  expect(server.socket.received.at(-1)).toEqual({ type: 'cancel', id });
  expect(replyState()).toEqual({ type: 'stopped' });
  session.ask('two');
  expect(lastChat(server).contents).toEqual(['one', 'Because of ', 'two']);
});

test('after a lost connection the next one is told everything', async () => {
  const server = await connect('v1');
  session.ask('one');
  const { id } = lastChat(server);
  server.socket.send({ type: 'delta', id, content: 'Half' });
  server.socket.close(1006);
  expect(replyState()).toEqual({ type: 'lost' });
  expect(session.state.link.type).toBe('lost');
  session.reconnect();
  await connected();
  expect(server.socket.received).toEqual([]);
  session.ask('two');
  expect(lastChat(server).contents).toEqual(['one', 'Half', 'two']);
});

test('a question that is asked without a connection waits for one', async () => {
  const server = await connect('v1');
  server.socket.close(1006);
  expect(session.ask('one')).toBe('taken');
  await connected();
  expect(lastChat(server).contents).toEqual(['one']);
});

test('nothing is asked before the server has said who it is and what it takes', async () => {
  const server = await connect('v1');
  server.greets = false;
  server.socket.close(1006);
  session.reconnect();
  await vi.waitFor(() => expect(server.sockets).toHaveLength(2));
  await Promise.resolve();
  expect(session.ask('one')).toBe('taken');
  expect(server.socket.received).toEqual([]);
  server.socket.send(ready);
  expect(lastChat(server).contents).toEqual(['one']);
});

test('a refusal is told to the reader, and the question that waited can be asked again', async () => {
  const server = await connect('v1');
  server.refuseWith = 4403;
  server.socket.close(1006);
  session.ask('one');
  await vi.waitFor(() => expect(session.state.link.type).toBe('refused'));
  expect(replyState()).toMatchObject({
    type: 'failed',
    message: expect.stringContaining('does not accept this page'),
  });
  server.refuseWith = undefined;
  session.askAgain();
  await connected();
  expect(lastChat(server).contents).toEqual(['one']);
});

test('an error is shown with its message, and asking again sends the same', async () => {
  const server = await connect('v1');
  session.ask('one');
  const { id } = lastChat(server);
  server.socket.send({ type: 'error', id, code: 'overloaded', message: 'Too busy.', retryable: true });
  expect(replyState()).toEqual({ type: 'failed', message: 'Too busy.', retryable: true });
  session.askAgain();
  expect(lastChat(server).contents).toEqual(['one']);
  expect(lastChat(server).id).not.toBe(id);
});

test('a question is not taken while a reply runs, when empty, or when too long', async () => {
  const server = await connect('v1');
  expect(session.ask('  ')).toBe('empty');
  expect(session.ask('x'.repeat(70_000))).toBe('too_long');
  session.ask('one');
  expect(session.ask('two')).toBe('busy');
  answer(server, 'first');
  expect(session.ask('two')).toBe('taken');
});

test('starting over forgets everything', async () => {
  const server = await connect('v1');
  session.ask('one');
  session.reset();
  expect(session.state.turns).toEqual([]);
  expect(server.socket.received.at(-1)).toMatchObject({ type: 'cancel' });
  session.ask('two');
  expect(lastChat(server).contents).toEqual(['two']);
});

const closing = { type: 'closing', grace_ms: 1_000 };

test('a server that closes finishes its reply; what is asked next goes to the one that follows', async () => {
  const server = await connect('v1');
  session.ask('one');
  const first = server.socket;
  const { id } = lastChat(server);
  first.send(closing);
  session.reconnect();
  await vi.waitFor(() => expect(server.sockets).toHaveLength(2));
  first.send({ type: 'delta', id, content: 'Because.' });
  first.send({ type: 'error', id, code: 'backend_failed', message: 'Broken.', retryable: true });
  expect(session.state.turns.at(-1)?.reply.text).toBe('Because.');
  session.ask('two');
  expect(lastChat(server).contents).toEqual(['one', 'Because.', 'two']);
  expect(session.state.link.type).toBe('connected');
});

test.for(['refused', 'lost'] as const)(
  'a question that crosses the word that the server closes is asked again there, unseen: %s',
  async (how) => {
    const server = await connect('v1');
    const first = server.socket;
    session.ask('one');
    const { id } = lastChat(server);
    first.send(closing);
    if (how === 'lost') first.close(1001);
    else first.send({ type: 'error', id, code: 'overloaded', message: 'Stopping.', retryable: true });
    expect(replyState()).toEqual({ type: 'waiting' });
    await vi.waitFor(() => expect(server.sockets).toHaveLength(2));
    await vi.waitFor(() => expect(lastChat(server).contents).toEqual(['one']));
  },
);

test('a reply that had begun when its closing server was lost is told as lost, not asked again', async () => {
  const server = await connect('v1');
  session.ask('one');
  const { id } = lastChat(server);
  server.socket.send({ type: 'delta', id, content: 'Half' });
  server.socket.send(closing);
  server.socket.close(1001);
  expect(replyState()).toEqual({ type: 'lost' });
});

test('another server gets the conversation with the next question', async () => {
  const server = await connect('v1');
  session.ask('one');
  answer(server, 'first');
  session.connect('ws://other/');
  await connected();
  session.ask('two');
  expect(server.sockets).toHaveLength(2);
  expect(lastChat(server).contents).toEqual(['one', 'first', 'two']);
});

test('a plain server is told only what is new on a kept connection', async () => {
  const server = await connect('plain');
  expect(session.state.persona?.suggestions).toContain('How can I sleep better?');
  session.ask('one');
  answer(server, 'first');
  session.ask('two');
  expect(server.sockets).toHaveLength(1);
  expect(lastChat(server).contents).toEqual(['two']);
});

test.for(['stopped', 'failed', 'lost'] as const)(
  'a plain server that remembers something else is left, and the next one told everything: %s',
  async (how) => {
    const server = await connect('plain');
    session.ask('one');
    const first = server.socket;
    first.send({ type: 'delta', content: 'Half' });
    if (how === 'stopped') session.stop();
    if (how === 'failed') first.send({ type: 'error', message: 'LLM API error' });
    if (how === 'lost') first.close(1006);
    session.ask('two');
    await vi.waitFor(() => expect(server.sockets).toHaveLength(2));
    await vi.waitFor(() => expect(lastChat(server).contents).toEqual(['one', 'Half', 'two']));
    expect(first.closed).toBe(true);
    answer(server, 'second');
    session.ask('three');
    expect(lastChat(server).contents).toEqual(['three']);
  },
);

test('starting over leaves a plain server that remembers', async () => {
  const server = await connect('plain');
  session.ask('one');
  answer(server, 'first');
  session.reset();
  await vi.waitFor(() => expect(server.sockets).toHaveLength(2));
  await connected();
  session.ask('two');
  expect(lastChat(server).contents).toEqual(['two']);
});

test('a chosen server that does not answer is left for the own one, which gets the question that waits', async () => {
  const server = await connect('v1');
  server.dead.push('ws://dead/');
  session.connect('ws://dead/', 'ws://own/');
  expect(session.ask('one')).toBe('taken');
  await connected();
  expect(session.state).toMatchObject({
    address: 'ws://own/',
    left: { address: 'ws://dead/', isRefusal: false },
  });
  expect(leftServerWords(session.state)).toBe(
    'dead, which you chose in Settings, does not answer. This page now uses its own server.',
  );
  expect(lastChat(server).contents).toEqual(['one']);
  session.dismissLeft();
  expect(leftServerWords(session.state)).toBeUndefined();
});

test('a chosen server that refuses the page is left too, and one that was connected is not', async () => {
  const server = await connect('v1');
  session.connect('ws://chosen/', 'ws://own/');
  await connected();
  server.socket.close(1006);
  expect(session.state).toMatchObject({ address: 'ws://chosen/', link: { type: 'lost', before: true } });
  server.refuseWith = 4403;
  session.connect('ws://chosen/', 'ws://own/');
  await vi.waitFor(() => expect(session.state.left).toEqual({ address: 'ws://chosen/', isRefusal: true }));
});

test('the status names every server but the own one, also once it is connected', async () => {
  await connect('v1');
  expect(linkWords(session.state, 'ws://scripted/')).toBe('Connected · demo · script');
  expect(linkWords(session.state, 'ws://own/')).toBe('Connected to scripted · demo · script');
});
