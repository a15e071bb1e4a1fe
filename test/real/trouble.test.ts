/** When something breaks in a call, the caller hears of it or reads it, and nobody is left in silence: hearing, speaking, thinking, each alone. */
import { afterAll, beforeAll, beforeEach, expect, onTestFailed, onTestFinished, test } from 'vitest';
import { Caller, disposeCallers } from './parts/caller.ts';
import { bytesOf } from './parts/pcm.ts';
import { recognise, recogniserSampleRate } from './parts/speech.ts';
import { speechGrammar } from './parts/speech-grammar.ts';
import { startTalkPath, type TalkPath } from './parts/talk-path.ts';

const greeting = 'Hello, I am your healthcare assistant. How are you feeling today?';
const question = 'What should I do now?';
const cannotHear =
  'Sorry, I cannot hear you at the moment, so I have to end this call. Please try again later.';
const notHeard = 'Sorry, I did not hear that. Could you please say it again?';
const cannotSpeak = 'I cannot speak at the moment, so I answer in writing.';
const answer = 'Please rest and drink enough water.';

let path: TalkPath;

beforeAll(async () => {
  path = await startTalkPath({ sentences: [question] });
});
beforeEach(() => {
  path.deepgram.refuseKeys = false;
  path.cartesia.refuseKeys = false;
  path.model.fallback = { tokens: answer.split(/(?<= )/) };
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

test('where speech recognition refuses the key, the caller hears that nobody can hear, and the agent leaves', async () => {
  path.deepgram.refuseKeys = true;
  const caller = await call();
  const agent = await caller.waitForAgent();
  await caller.waitForLeave(agent);
  expect(caller.attributesOf(agent)['ws-llm.trouble']).toBe('"hearing"');
  const said = caller.transcripts.segments.map(({ text }) => text).join(' ');
  expect(said).toContain(cannotHear);
  // The sound ends with the agent, so it ends for the caller when they leave too.
  await caller.leave();
  const grammar = await speechGrammar([cannotHear, greeting]);
  const [last] = caller.heard.slice(-1);
  const written = caller.transcripts.segments.find(({ text }) => text.includes(cannotHear));
  if (last === undefined || written === undefined) throw new Error('nothing was heard');
  // The greeting may go straight on into it.
  const lead = Math.max(0, written.firstAt - last.startedAt);
  const words = last.pcm.subarray(bytesOf(lead, recogniserSampleRate));
  expect(await recognise(words, grammar)).toBe(cannotHear);
});

test('where speech recognition drops its socket, the caller is asked to say it again, and is heard then', async () => {
  const caller = await call();
  await caller.nextSpeechEnd();
  path.deepgram.dropConnections();
  const asking = caller.nextSpeechEnd();
  await caller.say(question);
  const asked = await asking;
  expect(await recognise(asked.pcm, await speechGrammar([notHeard]))).toBe(notHeard);
  await caller.say(question);
  await caller.transcripts.waitFor(({ who, text }) => who === 'agent' && text.includes('rest'));
});

test('where the voice service refuses the key, greeting and answers are read', async () => {
  path.cartesia.refuseKeys = true;
  const caller = await call();
  const agent = await caller.waitForAgent();
  await caller.transcripts.waitFor(({ text }) => text === greeting);
  expect(caller.attributesOf(agent)['ws-llm.trouble']).toBe('"speaking"');
  await caller.write('What should I do?');
  await caller.transcripts.waitFor(({ who, text }) => who === 'agent' && text.includes(answer));
  expect(caller.transcripts.segments.map(({ text }) => text)).toEqual([cannotSpeak, greeting, answer]);
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

test('the next person in a room is greeted and remembered nothing of, and who comes back goes on', async () => {
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
  const greeted = bob.nextSpeechEnd();
  await ann.leave();
  const { pcm } = await greeted;
  expect(await recognise(pcm, await speechGrammar([greeting]))).toBe(greeting);
  await bob.write('Who am I?');
  await expect
    .poll(() =>
      path.model.requests.slice(asked).some(({ body }) => JSON.stringify(body).includes('Who am I?')),
    )
    .toBe(true);
  const last = path.model.requests.findLast(({ body }) => JSON.stringify(body).includes('Who am I?'));
  expect(JSON.stringify(last?.body)).not.toContain('Ann');
});
