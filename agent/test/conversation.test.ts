// The caller always hears something: the persona's greeting, that the server is away and back, an apology where a turn fails.
import { expect, test } from 'vitest';
import type { Script } from '../../test/stand-ins/scripted-server.ts';
import { sentencesIn } from '../src/sentences.ts';
import { serve, startTextSession } from './text-session.ts';

const sentences = sentencesIn('en');

test('the persona’s own greeting is the first thing said', async () => {
  const server = await serve({});
  const talk = await startTextSession(server.url);
  await talk.greet();
  expect(talk.said).toEqual(['Hello there.']);
  expect(talk.board.state.persona).toEqual({ name: 'tester', title: 'Tester' });
});

test('a server that tells no greeting is greeted for, in the persona’s language', async () => {
  const persona = { name: 'freundlich', title: 'Freundlich', language: 'de-DE', suggestions: [] };
  const server = await serve({ ready: { persona } });
  const talk = await startTextSession(server.url);
  await talk.greet();
  expect(talk.said).toEqual([sentencesIn('de').greeting]);
});

test('a plain server, which tells nothing, is greeted for in English', async () => {
  const server = await serve({ dialect: 'plain' });
  const talk = await startTextSession(server.url);
  await talk.greet();
  expect(talk.said).toEqual([sentences.greeting]);
});

test('the persona that a job asks for is the one the server is asked for', async () => {
  const server = await serve({});
  await startTextSession(server.url, { wanted: 'night-porter' });
  const [handshake] = server.handshakes;
  expect(new URL(handshake?.url ?? '', server.url).searchParams.get('persona')).toBe('night-porter');
});

test('a persona that the server does not know leaves the caller with the server’s own', async () => {
  const script: Script = { ready: null };
  const server = await serve(script);
  const starting = startTextSession(server.url, { wanted: 'nobody' });
  await server.until(() => server.openSockets === 1);
  script.ready = {};
  server.closeClients(4404, 'no such persona');
  const talk = await starting;
  await talk.greet();
  expect(talk.said).toEqual(['Hello there.']);
  const asked = server.handshakes.map(({ url = '' }) => new URL(url, server.url).searchParams.get('persona'));
  expect(asked).toEqual(['nobody', null]);
});

test('a server that is away is told aloud and shown, and greeted for when it comes back', async () => {
  const gone = await serve({});
  const { url, port } = gone;
  await gone.close();
  const talk = await startTextSession(url);
  const greeting = talk.greet();
  expect(talk.said).toEqual([sentences.serverAway]);
  expect(talk.board.state.trouble).toBe('thinking');
  const server = await serve({ port, onChat: (chat) => chat.answer('Here I am.') });
  await greeting;
  expect(talk.said).toEqual([sentences.serverAway, 'Hello there.']);
  expect(talk.board.state).toMatchObject({ trouble: 'none', persona: { title: 'Tester' } });
  await talk.over();
  await talk.ask('Are you there?');
  expect(server.chats[0]?.frame['messages']).toEqual([
    { role: 'assistant', content: 'Hello there.' },
    { role: 'user', content: 'Are you there?' },
  ]);
});

test('nobody is greeted after the call has ended', async () => {
  const gone = await serve({});
  const { url } = gone;
  await gone.close();
  const talk = await startTextSession(url);
  const ended = new AbortController();
  const greeting = talk.greet(ended.signal);
  ended.abort();
  await greeting;
  expect(talk.said).toEqual([sentences.serverAway]);
});

test.each([
  ['cannot be reached', 'backend_unavailable', sentences.serverAway],
  ['is too slow', 'backend_timeout', sentences.tooSlow],
  ['refuses', 'bad_request', sentences.failed],
])(
  'a turn in which the model %s ends with an apology, and the next one is answered',
  async (_what, code, words) => {
    let isBroken = true;
    const server = await serve({
      onChat: (chat) =>
        isBroken ? chat.error(code, { retryable: code !== 'bad_request' }) : chat.answer('Yes.'),
    });
    const talk = await startTextSession(server.url);
    const apology = talk.next();
    await talk.ask('One?');
    expect(await apology).toBe(words);
    isBroken = false;
    await talk.ask('Two?');
    expect(talk.said).toEqual([words]);
    expect(server.chats.at(-1)?.frame['messages']).toEqual([
      { role: 'user', content: 'One?' },
      { role: 'user', content: 'Two?' },
    ]);
  },
);

test('a model that took as long as anybody should wait is not asked a second time', async () => {
  const server = await serve({ onChat: (chat) => chat.error('backend_timeout') });
  const talk = await startTextSession(server.url);
  const apology = talk.next();
  await talk.ask('One?');
  expect(await apology).toBe(sentences.tooSlow);
  await talk.over();
  expect(server.chats).toHaveLength(1);
});

test('a server that dies in the middle of a reply is told aloud, in the persona’s language', async () => {
  const persona = { name: 'p', title: 'P', greeting: 'Bonjour.', language: 'fr', suggestions: [] };
  const server = await serve({
    ready: { persona },
    onChat: (chat) => {
      chat.delta('Je pense que ');
      chat.socket.terminate();
    },
  });
  const talk = await startTextSession(server.url);
  const apology = talk.next();
  await talk.ask('Un ?');
  expect(await apology).toBe(sentencesIn('fr').serverAway);
});

test('a caller whom nothing answers five times in a row is not left alone', async () => {
  const server = await serve({ onChat: (chat) => chat.error('bad_request', { retryable: false }) });
  const talk = await startTextSession(server.url);
  for (const turn of ['One?', 'Two?', 'Three?', 'Four?', 'Five?']) {
    const apology = talk.next();
    await talk.ask(turn);
    expect(await apology).toBe(sentences.failed);
    await talk.over();
  }
});

test('a turn that succeeds at the second attempt needs no apology', async () => {
  const server = await serve({
    onChat: (chat) => (chat.number === 1 ? chat.error('overloaded') : chat.answer('Yes.')),
  });
  const talk = await startTextSession(server.url);
  const result = await talk.ask('One?');
  result.expect.nextEvent().isMessage({ role: 'assistant' });
  expect(talk.said).toEqual([]);
});
