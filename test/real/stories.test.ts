/** What a caller lives through in a room: greeted, asked and answered over several turns, interrupting, writing, and being said goodbye to. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFailed, onTestFinished, test } from 'vitest';
import { saying } from '../stand-ins/model/behaviour.ts';
import { type Caller, disposeCallers } from './parts/caller.ts';
import { recognise } from './parts/speech.ts';
import { speechGrammar } from './parts/speech-grammar.ts';
import { startTalkPath, type TalkPath } from './parts/talk-path.ts';

const greeting = 'Hello, I am your healthcare assistant. How are you feeling today?';
const turns = [
  { question: 'I have a headache and a fever', answer: 'Please rest and drink enough water.' },
  { question: 'How long will it last?', answer: 'It will be over in a few days.' },
  { question: 'What should I do now?', answer: 'You should sleep and drink some tea.' },
] as const;
const longAnswer =
  'Once upon a time there was a king who had a very long story to tell, and he told it every day. ';

let path: TalkPath;
let personas: string;

beforeAll(async () => {
  personas = await mkdtemp(join(tmpdir(), 'ws-llm-personas-'));
  await writePorter('Good evening.');
  path = await startTalkPath({
    sentences: turns.map(({ question }) => question),
    env: { PERSONAS_DIR: personas },
  });
});
afterAll(async () => {
  await disposeCallers();
  await path?.stop();
  await rm(personas, { recursive: true, force: true });
});

function writePorter(words: string): Promise<void> {
  const text = `---\ntitle: Night porter\ngreeting: ${words}\n---\nYou are a night porter.\n`;
  return writeFile(join(personas, 'porter.md'), text);
}

async function call(persona?: string): Promise<Caller> {
  const caller = await path.call(persona);
  onTestFinished(() => caller.leave());
  onTestFailed(() => {
    const heard = path.deepgram.utterances.map(({ text }) => text);
    console.log(JSON.stringify({ heard, read: caller.transcripts.segments }), path.talk.output);
  });
  return caller;
}

/** Resolves with their sound when these words have been spoken and read. */
async function hear(caller: Caller, words: string): Promise<Buffer> {
  const { pcm } = await caller.nextSpeechEnd();
  await caller.transcripts.waitFor(({ who, text, isFinal }) => who === 'agent' && isFinal && text === words);
  return pcm;
}

/** What the model was told, but for the persona's prompt. */
function toldToModel(): { role: string; content: unknown }[] {
  const { messages = [] } = path.model.requests.at(-1)?.body ?? {};
  return messages.filter(({ role }) => role !== 'system').map(({ role, content }) => ({ role, content }));
}

test('three questions are answered aloud, and with the third the model is told all that was said before', async () => {
  const caller = await call();
  const sounds = [await hear(caller, greeting)];
  for (const { question, answer } of turns) {
    path.model.fallback = saying(answer);
    const answered = hear(caller, answer);
    await caller.say(question);
    sounds.push(await answered);
  }
  expect(toldToModel()).toEqual([
    { role: 'assistant', content: greeting },
    { role: 'user', content: turns[0].question },
    { role: 'assistant', content: turns[0].answer },
    { role: 'user', content: turns[1].question },
    { role: 'assistant', content: turns[1].answer },
    { role: 'user', content: turns[2].question },
  ]);
  const spoken = [greeting, ...turns.map(({ answer }) => answer)];
  const grammar = await speechGrammar(spoken);
  const recognised = await Promise.all(sounds.map((pcm) => recognise(pcm, grammar)));
  // A machine that has too much to do garbles some of it, and never into other words.
  expect(recognised.filter((words) => words !== undefined).length).toBeGreaterThan(0);
  for (const [n, words] of recognised.entries()) expect([undefined, spoken[n]]).toContain(words);
  const read = caller.transcripts.segments.map(({ who, text }) => `${who}: ${text}`);
  expect(read).toEqual([
    `agent: ${greeting}`,
    ...turns.flatMap(({ question, answer }) => [`caller: ${question}`, `agent: ${answer}`]),
  ]);
});

test('who talks over an answer is listened to: it ends, the model stops, and is told next what was heard of it', async () => {
  const caller = await call();
  await hear(caller, greeting);
  path.model.fallback = { ...saying(longAnswer.repeat(4)), tokenMs: 150 };
  const speaking = caller.nextSpeechStart();
  await caller.write('Tell me a story');
  await speaking;
  const asked = path.model.requests.at(-1);
  if (asked === undefined) throw new Error('the agent speaks, and the model was not asked');
  path.model.fallback = saying(turns[2].answer);
  const ended = caller.nextSpeechEnd();
  const said = await caller.say(turns[2].question);
  expect((await ended).endedAt).toBeLessThan(said.endedAt + 500);
  expect(await asked.closed).toMatchObject({ by: 'client' });
  await hear(caller, turns[2].answer);

  const [, , heard, question] = toldToModel();
  expect(question).toEqual({ role: 'user', content: turns[2].question });
  const words = String(heard?.content);
  expect(words.length).toBeGreaterThan(5);
  expect(words.length).toBeLessThan(longAnswer.length * 2);
  expect(longAnswer.repeat(2).replaceAll(/\s+/g, ' ')).toContain(words.replaceAll(/\s+/g, ' ').trim());
});

test('a caller who says goodbye is said goodbye to, the call ends, and what was said and noted is kept for its owner', async () => {
  const caller = await call();
  const { identity } = caller;
  const agent = await caller.waitForAgent();
  await caller.nextSpeechEnd();
  const symptoms = [
    { name: 'headache', choice_id: 'present' },
    { name: 'fever', choice_id: 'absent' },
  ];
  const note = { id: 'call_1', name: 'collect_symptoms', arguments: JSON.stringify({ symptoms }) };
  path.model.script.push({ tokens: [], toolCalls: [note] }, saying('I see.'));
  const noted = caller.nextSpeechEnd();
  await caller.write('My head hurts, and I have no fever');
  await noted;
  await expect
    .poll(() => JSON.parse(caller.attributesOf(agent)['ws-llm.symptoms'] ?? '[]') as unknown)
    .toEqual(symptoms);

  const end = { id: 'call_2', name: 'end_call', arguments: '{}' };
  path.model.script.push({ tokens: [], toolCalls: [end] }, saying('Goodbye and take care.'));
  const goodbye = caller.nextSpeechStart();
  await caller.write('That is all, thank you');
  await goodbye;
  await caller.waitForEnd();
  await caller.transcripts.waitFor(({ text }) => text.includes('Goodbye'));

  await expect.poll(() => writtenOf(identity), { timeout: 20_000 }).toBeDefined();
  expect(await writtenOf(identity)).toMatchObject({
    persona: 'healthcare-assistant',
    symptoms,
    turns: [
      { who: 'agent', text: greeting },
      { who: 'caller', text: 'My head hurts, and I have no fever' },
      { who: 'agent', text: 'I see.' },
      { who: 'caller', text: 'That is all, thank you' },
      { who: 'agent', text: expect.stringContaining('Goodbye') },
    ],
  });
  expect(path.talk.output).not.toContain('My head hurts');
});

test('a persona that is asked for greets, and one that is changed greets in its new words, with nothing restarted', async () => {
  const first = await call('porter');
  await first.transcripts.waitFor(({ text }) => text === 'Good evening.');
  await first.leave();
  await writePorter('Welcome back.');
  await expect
    .poll(async () => (await greetingOf('porter'))?.trim(), { timeout: 20_000 })
    .toBe('Welcome back.');
});

/** The first words of a call of its own. */
async function greetingOf(persona: string): Promise<string> {
  const caller = await path.call(persona);
  try {
    return (await caller.transcripts.waitFor(({ who, isFinal }) => who === 'agent' && isFinal)).text;
  } finally {
    await caller.leave();
  }
}

/** What was kept of this caller's conversation; other calls end when they like. */
async function writtenOf(identity: string): Promise<{ caller: string } | undefined> {
  const files = await readdir(path.sessionLogDir).catch(() => []);
  const written = await Promise.all(files.map((file) => readFile(join(path.sessionLogDir, file), 'utf8')));
  return written
    .map((text) => JSON.parse(text) as { caller: string })
    .find(({ caller }) => caller === identity);
}
