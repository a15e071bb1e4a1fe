/** When something breaks in a call, the caller hears of it or reads it, and nobody is left in silence: hearing, speaking, thinking, each alone. */
import { afterAll, beforeAll, beforeEach, expect, onTestFailed, onTestFinished, test } from 'vitest';
import { saying } from '../stand-ins/model/behaviour.ts';
import { Caller, disposeCallers } from './parts/caller.ts';
import { bytesOf } from './parts/pcm.ts';
import { recognise, recogniserSampleRate } from './parts/speech.ts';
import { speechGrammar } from './parts/speech-grammar.ts';
import type { RestartableServer } from './parts/restartable-server.ts';
import { startTalkPath, type TalkPath } from './parts/talk-path.ts';

const greeting = 'Hello, I am your healthcare assistant. How are you feeling today?';
const question = 'What should I do now?';
const cannotHear =
  'Sorry, I cannot hear you at the moment, so I have to end this call. Please try again later.';
const notHeard = 'Sorry, I did not hear that. Could you please say it again?';
const cannotSpeak = 'I cannot speak at the moment, so I answer in writing.';
const answer = 'Please rest and drink enough water.';

const serverAway = 'Sorry, I cannot reach my service right now. Please stay with me, I keep trying.';
const tooSlow = 'Sorry, that took too long. Could you please say it again?';
/** How long the model may take for its first word, in milliseconds. */
const firstTokenMs = 2_500;

let path: TalkPath;
let server: RestartableServer;

beforeAll(async () => {
  const ownServer = { FIRST_TOKEN_TIMEOUT_MS: String(firstTokenMs) };
  path = await startTalkPath({ sentences: [question], ownServer });
  if (path.server === undefined) throw new Error('our server was not started');
  ({ server } = path);
});
beforeEach(() => {
  path.deepgram.refuseKeys = false;
  path.cartesia.refuseKeys = false;
  path.model.fallback = saying(answer);
});
afterAll(async () => {
  await disposeCallers();
  await path?.stop();
});

async function call(): Promise<Caller> {
  const caller = await path.call();
  onTestFinished(() => caller.leave());
  onTestFailed(() => console.log(JSON.stringify(caller.transcripts.segments), path.talk.output));
  return caller;
}

/** What was read of these words, once they are said. */
function said(caller: Caller, words: string): Promise<{ firstAt: number }> {
  return caller.transcripts.waitFor(({ who, text, isFinal }) => who === 'agent' && isFinal && text === words);
}

test('where speech recognition refuses the key, the caller hears that nobody can hear, and the agent leaves', async () => {
  path.deepgram.refuseKeys = true;
  const caller = await call();
  const agent = await caller.waitForAgent();
  await caller.waitForLeave(agent);
  expect(caller.attributesOf(agent)['ws-llm.trouble']).toBe('"hearing"');
  await said(caller, cannotHear);
  // The sound ends with the agent, so it ends for the caller when they leave too.
  await caller.leave();
  const grammar = await speechGrammar([cannotHear, greeting]);
  const [last] = caller.heard.slice(-1);
  const written = caller.transcripts.segments.find(({ text }) => text.includes(cannotHear));
  if (last === undefined || written === undefined) throw new Error('nothing was heard');
  // The greeting may go straight on into it.
  const lead = Math.max(0, written.firstAt - last.startedAt);
  const words = last.pcm.subarray(bytesOf(lead, recogniserSampleRate));
  // A machine that has too much to do garbles some of it, and never into other words.
  expect([cannotHear, undefined]).toContain(await recognise(words, grammar));
});

test('where speech recognition drops its socket, the caller is asked to say it again, and is heard then', async () => {
  const caller = await call();
  await caller.nextSpeechEnd();
  path.deepgram.dropConnections();
  const asking = caller.nextSpeechEnd();
  await caller.say(question);
  await asking;
  await said(caller, notHeard);
  await caller.say(question);
  await caller.transcripts.waitFor(({ who, text }) => who === 'agent' && text.includes('rest'));
});

test('where the voice service refuses the key, greeting and answers are read', async () => {
  path.cartesia.refuseKeys = true;
  const caller = await call();
  const agent = await caller.waitForAgent();
  await caller.transcripts.waitFor(({ text }) => text === greeting);
  // State and words reach a room each on a way of its own.
  await expect.poll(() => caller.attributesOf(agent)['ws-llm.trouble']).toBe('"speaking"');
  await caller.write('What should I do?');
  await caller.transcripts.waitFor(({ who, text }) => who === 'agent' && text.includes(answer));
  const texts = caller.transcripts.segments.map(({ text }) => text);
  // The notice and the greeting are sent at the same moment, and either may come first.
  expect(texts.slice(0, 2).toSorted()).toEqual([cannotSpeak, greeting].toSorted());
  expect(texts.slice(2)).toEqual([answer]);
});

test('where the voice service is gone in the middle of a call, the answer that it could not speak is read', async () => {
  const caller = await call();
  await caller.nextSpeechEnd();
  path.cartesia.refuseKeys = true;
  path.cartesia.dropConnections();
  await caller.write('What should I do?');
  await caller.transcripts.waitFor(({ who, text }) => who === 'agent' && text.includes(answer));
  expect(caller.transcripts.segments.map(({ text }) => text)).toEqual([greeting, cannotSpeak, answer]);
});

test('a voice service that drops its socket while it speaks is back for the next answer', async () => {
  const caller = await call();
  await caller.nextSpeechStart();
  path.cartesia.dropConnections();
  await caller.write('What should I do?');
  await caller.transcripts.waitFor(({ who, text }) => who === 'agent' && text.includes(answer));
  await expect.poll(() => path.cartesia.spoken.some(({ text }) => text.includes('rest'))).toBe(true);
});

test('where our server is away when somebody calls, they hear so, and are greeted when it is back', async () => {
  await server.stop();
  onTestFailed(() => server.start());
  const caller = await call();
  const agent = await caller.waitForAgent();
  await said(caller, serverAway);
  await expect.poll(() => caller.attributesOf(agent)['ws-llm.trouble']).toBe('"thinking"');
  await server.start();
  await said(caller, greeting);
  await expect.poll(() => caller.attributesOf(agent)['ws-llm.trouble']).toBe('"none"');
});

test('where our server dies in the middle of an answer, the caller hears so, and the next question is answered with all that was said', async () => {
  const caller = await call();
  await caller.nextSpeechEnd();
  path.model.fallback = {
    tokens: 'This is the first sentence. And so on, '.repeat(9).split(/(?<= )/),
    tokenMs: 150,
  };
  const speaking = caller.nextSpeechStart();
  await caller.write('Tell me a story');
  await speaking;
  path.model.fallback = saying(answer);
  await server.stop(0);
  await said(caller, serverAway);
  await server.start();
  await caller.write('Who was in it?');
  await said(caller, answer);
  const last = path.model.requests.findLast(({ body }) => JSON.stringify(body).includes('Who was in it?'));
  expect(last?.body.messages.slice(1, 4)).toEqual([
    { role: 'assistant', content: greeting },
    { role: 'user', content: 'Tell me a story' },
    { role: 'assistant', content: expect.stringMatching(/^This is/) },
  ]);
});

test('a server that is restarted between two questions goes unnoticed, and the model is told all that was said', async () => {
  const caller = await call();
  await caller.nextSpeechEnd();
  await caller.write('My name is Ann');
  await said(caller, answer);
  await server.stop();
  await server.start();
  path.model.fallback = saying('You are Ann.');
  await caller.write('Who am I?');
  await said(caller, 'You are Ann.');
  const last = path.model.requests.findLast(({ body }) => JSON.stringify(body).includes('Who am I?'));
  expect(JSON.stringify(last?.body)).toContain('My name is Ann');
  expect(caller.transcripts.segments.map(({ text }) => text)).toEqual([greeting, answer, 'You are Ann.']);
});

test('where the model is slower than anybody should wait, the caller hears so in time, and the next question is answered', async () => {
  const caller = await call();
  await caller.nextSpeechEnd();
  path.model.fallback = { ...saying(answer), firstTokenMs: 600_000 };
  const askedAt = Date.now();
  await caller.write('What should I do?');
  const { firstAt } = await said(caller, tooSlow);
  expect(firstAt - askedAt).toBeGreaterThan(firstTokenMs - 100);
  expect(firstAt - askedAt).toBeLessThan(firstTokenMs + 5_000);
  path.model.fallback = saying(answer);
  await caller.write('And now?');
  await said(caller, answer);
});

test('who comes back into the room goes on where they were', async () => {
  const ticket = await path.ticket();
  const before = await Caller.join(ticket.url, ticket.token);
  const agent = await before.waitForAgent();
  await before.nextSpeechEnd();
  await before.write('My name is Ann');
  await said(before, answer);
  await before.leave();
  const after = await Caller.join(ticket.url, ticket.token);
  onTestFinished(() => after.leave());
  expect(await after.waitForAgent()).toBe(agent);
  const asked = path.model.requests.length;
  const answered = after.nextSpeechStart();
  // What is written before the agent has noticed them is not heard.
  const isAsked = async (): Promise<boolean> => {
    await after.write('Who am I?');
    return path.model.requests.slice(asked).some(({ body }) => JSON.stringify(body).includes('Who am I?'));
  };
  await expect.poll(isAsked, { interval: 2_000, timeout: 30_000 }).toBe(true);
  await answered;
  expect(JSON.stringify(path.model.requests.slice(asked).map(({ body }) => body))).toContain(
    'My name is Ann',
  );
});

test('the next person in a room is greeted, and the model is told nothing of the one before', async () => {
  const ticket = await path.ticket();
  const ann = await Caller.join(ticket.url, ticket.token);
  onTestFinished(() => ann.leave());
  const agent = await ann.waitForAgent();
  await ann.nextSpeechEnd();
  const asked = path.model.requests.length;
  const answered = ann.nextSpeechEnd();
  await ann.write('My name is Ann');
  await ann.transcripts.waitFor(({ who, text }) => who === 'agent' && text.includes(answer));
  await answered;

  const bob = await path.joinRoomOf(ticket, 'bob');
  onTestFinished(() => bob.leave());
  expect(bob.attributesOf(agent)['ws-llm.caller']).toBe(JSON.stringify(ann.identity));
  const greeted = bob.nextSpeechStart();
  await ann.leave();
  await greeted;
  await said(bob, greeting);
  await bob.write('Who am I?');
  await expect
    .poll(() =>
      path.model.requests.slice(asked).some(({ body }) => JSON.stringify(body).includes('Who am I?')),
    )
    .toBe(true);
  const last = path.model.requests.findLast(({ body }) => JSON.stringify(body).includes('Who am I?'));
  expect(JSON.stringify(last?.body)).not.toContain('Ann');
});
