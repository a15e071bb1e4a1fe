// The caller always hears something: the persona's greeting, that the server is away and back, an apology where a turn fails.
import { initializeLogger, voice } from '@livekit/agents';
import { WebSocketLLM } from 'livekit-agents-plugin-ws-llm';
import { expect, onTestFinished, test } from 'vitest';
import { startScriptedServer, type Script } from '../../test/stand-ins/scripted-server.ts';
import { apologize } from '../src/apologize.ts';
import { loadAgentConfig } from '../src/config.ts';
import { arrive, greet } from '../src/greet.ts';
import { sentences } from '../src/sentences.ts';
import { createSession, speechIdleMs } from '../src/session.ts';
import { createSpeechParts, type SpeechParts } from '../src/speech-parts.ts';

initializeLogger({ pretty: false, level: 'silent' });

function speechParts(): SpeechParts {
  const config = loadAgentConfig({
    LIVEKIT_URL: 'ws://127.0.0.1:1',
    LIVEKIT_API_KEY: 'k',
    LIVEKIT_API_SECRET: 's',
    DEEPGRAM_API_KEY: 'd',
    CARTESIA_API_KEY: 'c',
  });
  return createSpeechParts(config, speechIdleMs);
}

async function serve(script: Script): ReturnType<typeof startScriptedServer> {
  const server = await startScriptedServer(script);
  onTestFinished(() => server.close());
  return server;
}

interface Talk {
  session: voice.AgentSession;
  /** What the agent said without a model, in order. */
  said: string[];
  /** Resolves with what it says next. */
  next: () => Promise<string>;
  /** Resolves when the latest of it is over. */
  over: () => Promise<unknown>;
  model: WebSocketLLM;
  parts: SpeechParts;
}

/** The agent's own session, in text: without a room nothing is heard or spoken. */
async function startTalk(url: string): Promise<Talk> {
  const model = new WebSocketLLM({ url, connectTimeoutMs: 1_000 });
  const parts = speechParts();
  const session = createSession(model, parts);
  apologize(session);
  const said: string[] = [];
  const waiting: ((sentence: string) => void)[] = [];
  const say = session.say.bind(session);
  let latest: voice.SpeechHandle | undefined;
  session.say = (text, options) => {
    const sentence = typeof text === 'string' ? text : 'a stream';
    said.push(sentence);
    waiting.shift()?.(sentence);
    latest = say(text, options);
    return latest;
  };
  await session.start({ agent: new voice.Agent({ instructions: '' }), record: false });
  onTestFinished(async () => {
    await session.close();
    await Promise.all([model.aclose(), parts.stt.close(), parts.tts.close()]);
  });
  const next = (): Promise<string> => new Promise((resolve) => waiting.push(resolve));
  const over = async (): Promise<unknown> => latest?.waitForPlayout();
  return { session, said, next, over, model, parts };
}

const { signal } = new AbortController();

test('the persona’s own greeting is the first thing said', async () => {
  const server = await serve({});
  const talk = await startTalk(server.url);
  await greet({ ...talk, arrival: await arrive(talk.model, talk.parts), signal });
  expect(talk.said).toEqual(['Hello there.']);
});

test('a server that tells no greeting is greeted for', async () => {
  const server = await serve({ dialect: 'plain' });
  const talk = await startTalk(server.url);
  await greet({ ...talk, arrival: await arrive(talk.model, talk.parts), signal });
  expect(talk.said).toEqual([sentences.greeting]);
});

test('a server that is away is told aloud, and greeted for when it comes back', async () => {
  const gone = await serve({});
  const { url, port } = gone;
  await gone.close();
  const talk = await startTalk(url);
  const greeting = greet({ ...talk, arrival: await arrive(talk.model, talk.parts), signal });
  expect(talk.said).toEqual([sentences.serverAway]);
  const server = await serve({ port, onChat: (chat) => chat.answer('Here I am.') });
  await greeting;
  expect(talk.said).toEqual([sentences.serverAway, 'Hello there.']);
  await talk.over();
  await talk.session.run({ userInput: 'Are you there?' }).wait();
  expect(server.chats[0]?.frame['messages']).toEqual([
    { role: 'assistant', content: 'Hello there.' },
    { role: 'user', content: 'Are you there?' },
  ]);
});

test('nobody is greeted after the call has ended', async () => {
  const gone = await serve({});
  const { url } = gone;
  await gone.close();
  const talk = await startTalk(url);
  const ended = new AbortController();
  const greeting = greet({
    ...talk,
    arrival: await arrive(talk.model, talk.parts),
    signal: ended.signal,
  });
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
    const talk = await startTalk(server.url);
    const apology = talk.next();
    await talk.session.run({ userInput: 'One?' }).wait();
    expect(await apology).toBe(words);
    isBroken = false;
    await talk.session.run({ userInput: 'Two?' }).wait();
    expect(talk.said).toEqual([words]);
    expect(server.chats.at(-1)?.frame['messages']).toEqual([
      { role: 'user', content: 'One?' },
      { role: 'user', content: 'Two?' },
    ]);
  },
);

test('a turn that succeeds at the second attempt needs no apology', async () => {
  const server = await serve({
    onChat: (chat) => (chat.number === 1 ? chat.error('overloaded') : chat.answer('Yes.')),
  });
  const talk = await startTalk(server.url);
  const result = talk.session.run({ userInput: 'One?' });
  await result.wait();
  result.expect.nextEvent().isMessage({ role: 'assistant' });
  expect(talk.said).toEqual([]);
});
