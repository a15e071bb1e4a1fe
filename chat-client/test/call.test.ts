// The voice page shows a call as it happens: each line once and in order, how long answers took, and a reason where one ends by itself.
import { expect, test } from 'vitest';
import { newCall, reduceCall, type Call, type CallEvent } from '../src/voice/logic/call.ts';
import { readAttribute, readTurn } from '../src/voice/logic/notices.ts';
import { chosenPersona } from '../src/voice/logic/ticket.ts';
import {
  latencyDetails,
  microphoneButton,
  microphoneWords,
  statusWords,
  troubleWords,
} from '../src/voice/logic/words.ts';

function after(...events: CallEvent[]): Call {
  return events.reduce(reduceCall, newCall);
}

const joined = [{ type: 'joining', persona: undefined }, { type: 'joined' }] as const;

function line(id: string, who: 'caller' | 'agent', text: string, isFinal = false): CallEvent {
  return { type: 'line', line: { id, who, text, isFinal } };
}

test('a line grows in its place, and an empty last word does not empty it', () => {
  const { lines } = after(
    ...joined,
    line('1', 'agent', 'Hel'),
    line('2', 'caller', 'I have'),
    line('1', 'agent', 'Hello.', true),
    line('2', 'caller', 'I have a fever', true),
    line('1', 'agent', '', true),
    line('3', 'agent', ' '),
  );
  expect(lines.map(({ text, isFinal }) => [text, isFinal])).toEqual([
    ['Hello.', true],
    ['I have a fever', true],
  ]);
});

test('how long an answer took stands beside it, with where the time went', () => {
  const turns: CallEvent[] = [
    { role: 'user', transcriptionMs: 150, endOfTurnMs: 500 } as const,
    { role: 'assistant', endToEndMs: 640, firstTokenMs: 80, firstAudioMs: 200 } as const,
  ].map((turn) => ({ type: 'notice', notice: { type: 'turn', turn } }));
  const { lines } = after(...joined, line('1', 'caller', 'Hi', true), line('2', 'agent', 'Yes.'), ...turns);
  expect(lines[0]?.latency).toBeUndefined();
  expect(lines[1]?.latency && latencyDetails(lines[1].latency)).toBe(
    "Answered after 640 ms: understood after 150 ms, model's first word 80 ms, first sound of it 200 ms",
  );
});

test('an answer that was talked over says so, and an empty report says nothing', () => {
  const turn = readTurn('{"role":"assistant","interrupted":true,"endToEndMs":700}');
  const { lines } = after(...joined, line('1', 'agent', 'Once upon'), { type: 'notice', notice: turn! });
  expect(lines[0]).toMatchObject({ isInterrupted: true, latency: { totalMs: 700 } });
  expect(readTurn('{"role":"assistant","interrupted":false}')).toEqual({
    type: 'turn',
    turn: { role: 'assistant' },
  });
});

test('a greeting, which nobody asked for, took no time', () => {
  const turn: CallEvent = {
    type: 'notice',
    notice: { type: 'turn', turn: { role: 'assistant', firstAudioMs: 90 } },
  };
  expect(after(...joined, line('1', 'agent', 'Hello.'), turn).lines[0]?.latency).toBeUndefined();
});

test('the agent that is late and then comes is not missing', () => {
  const late = after(...joined, { type: 'agent', state: 'missing' });
  expect(troubleWords(late)).toMatch(/No agent has joined/);
  const there = reduceCall(late, { type: 'agent', state: 'preparing' });
  expect(troubleWords(there)).toBeUndefined();
  expect(reduceCall(there, { type: 'agent', state: 'missing' }).agent).toBe('preparing');
});

test('who hangs up reads no other reason, and what happened first is the reason', () => {
  expect(after(...joined, { type: 'over' }, { type: 'over', words: 'The agent has left.' }).stage).toEqual({
    type: 'over',
  });
});

test('an agent that left because it was deaf is said to have been', () => {
  const trouble: CallEvent = { type: 'notice', notice: { type: 'trouble', trouble: 'hearing' } };
  const { stage } = after(...joined, trouble, { type: 'over', words: 'The agent has left the call.' });
  expect(stage).toMatchObject({ words: expect.stringContaining('could not hear you') });
});

test('a new call begins empty, with the persona that was chosen', () => {
  const persona: CallEvent = { type: 'notice', notice: { type: 'persona', persona: { title: 'Nurse' } } };
  const nurse = after(...joined, persona, line('1', 'agent', 'Hi.'), { type: 'over' });
  expect(nurse.persona).toEqual({ title: 'Nurse' });
  const again = reduceCall(nurse, { type: 'joining', persona: { title: 'Coach' } });
  expect(again).toMatchObject({
    lines: [],
    symptoms: [],
    persona: { title: 'Coach' },
    stage: { type: 'joining' },
  });
  expect(reduceCall(again, persona).persona).toEqual({ title: 'Nurse' });
});

test('a lost connection is told, and over when it is back', () => {
  const lost = after(...joined, { type: 'agent', state: 'speaking' }, { type: 'reconnecting' });
  expect(statusWords(lost)).toBe('Reconnecting');
  expect(statusWords(reduceCall(lost, { type: 'reconnected' }))).toBe('Speaking');
});

test.each([
  ['NotAllowedError', /does not let this page/],
  ['NotFoundError', /no microphone/],
  ['NotReadableError', /another program/],
  ['TypeError', /does not work in this browser/],
])('a microphone that fails with %s is explained, and writing is offered', (name, words) => {
  const explained = microphoneWords(Object.assign(new Error('x'), { name }));
  expect(explained).toMatch(words);
  expect(explained).toMatch(/you can write/i);
});

test('what the agent tells is read, and what cannot be read is nothing', () => {
  expect(readAttribute('ws-llm.persona', '{"name":"n","title":"Nurse","language":"de"}', 'me')).toEqual({
    type: 'persona',
    persona: { title: 'Nurse', language: 'de' },
  });
  expect(readAttribute('ws-llm.caller', '"me"', 'me')).toEqual({ type: 'caller', isOther: false });
  expect(readAttribute('ws-llm.caller', '"ann"', 'me')).toEqual({ type: 'caller', isOther: true });
  expect(readAttribute('ws-llm.caller', 'null', 'me')).toEqual({ type: 'caller', isOther: false });
  const symptoms = '[{"name":"fever","choice_id":"present"},{"name":"x","choice_id":"maybe"},7]';
  expect(readAttribute('ws-llm.symptoms', symptoms, 'me')).toEqual({
    type: 'symptoms',
    symptoms: [{ name: 'fever', choice_id: 'present' }],
  });
  for (const text of ['{', 'null', '7', '"secret"', '[]', '{"role":"system"}']) {
    expect(readAttribute('ws-llm.persona', text, 'me')).toBeUndefined();
    expect(readAttribute('ws-llm.trouble', text, 'me')).toBeUndefined();
    expect(readAttribute('lk.other', text, 'me')).toBeUndefined();
    expect(readTurn(text)).toBeUndefined();
  }
});

test('the persona that is chosen is the one that is named, and the default one until then', () => {
  const offer = {
    persona: { name: 'a', title: 'Nurse', language: 'en' },
    personas: [
      { name: 'a', title: 'Nurse' },
      { name: 'b', title: 'Coach' },
    ],
  };
  expect(chosenPersona(offer, undefined)?.title).toBe('Nurse');
  expect(chosenPersona(offer, 'a')?.language).toBe('en');
  expect(chosenPersona(offer, 'b')).toEqual({ name: 'b', title: 'Coach' });
  expect(chosenPersona(offer, 'gone')?.title).toBe('Nurse');
  expect(chosenPersona(undefined, 'b')).toBeUndefined();
});

test.each([
  ['off', 'The microphone is off', false, true],
  ['asking', 'Waiting for the microphone', false, true],
  ['on', 'Mute the microphone', true, false],
  ['muted', 'Turn the microphone on', false, false],
] as const)(
  'the button of a microphone that is %s says what a click does',
  (type, label, isOn, isDisabled) => {
    expect(microphoneButton({ type })).toEqual({ label, isOn, isDisabled });
  },
);

test('a caller who hangs up early stays out of the call, whatever was on its way', () => {
  const over = after({ type: 'joining', persona: undefined }, { type: 'over' });
  const later = [{ type: 'joined' }, { type: 'microphone', microphone: { type: 'on' } }] as const;
  expect(later.reduce<Call>(reduceCall, over)).toEqual(over);
});
