/** What one caller measures, by the clock of their own ears. Times are in milliseconds. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Caller } from '../../test/real/parts/caller.ts';
import type { FakeModel } from '../../test/stand-ins/model/fake-model.ts';

/** A first word after 80 ms, then one every 15 ms; the first sentence has seven. */
const pace = { firstTokenMs: 80, tokenMs: 15 };
const shortAnswer = 'You should rest and drink some water. It will be over soon.';
const longAnswer =
  'Once upon a time there was a king who told long stories, and he told them every day. '.repeat(8);
const betweenTurnsMs = 300;

const tokensOf = (text: string): string[] => text.split(/(?<= )/);

/** From the end of the caller's voice to the first sound of the answer. */
export async function measureAnswer(caller: Caller, model: FakeModel): Promise<number> {
  model.fallback = { tokens: tokensOf(shortAnswer), ...pace };
  const answering = caller.nextSpeechStart();
  const { endedAt } = await caller.say('What should I do now?');
  const startedAt = await answering;
  await caller.nextSpeechEnd();
  await sleep(betweenTurnsMs);
  return startedAt - endedAt;
}

/** Whether somebody who pauses inside a sentence was answered before its end. */
export async function measurePause(caller: Caller, model: FakeModel, pauseMs: number): Promise<boolean> {
  model.fallback = { tokens: tokensOf(shortAnswer), ...pace };
  const answering = caller.nextSpeechStart();
  const { endedAt } = await caller.say('I have a headache', pauseMs, 'and a fever since this morning');
  const startedAt = await answering;
  await caller.nextSpeechEnd();
  await sleep(betweenTurnsMs);
  return startedAt < endedAt;
}

/** From the first sound of a caller who talks over an answer to the last sound of that answer, while the model still writes. */
export async function measureBargeIn(caller: Caller, model: FakeModel): Promise<number> {
  model.fallback = { tokens: tokensOf(longAnswer), ...pace, tokenMs: 60 };
  const speaking = caller.nextSpeechStart();
  await caller.write('Tell me a story');
  await speaking;
  // Long enough for the echo canceller's second, and into the middle of the answer.
  await sleep(2_000);
  model.fallback = { tokens: tokensOf(shortAnswer), ...pace };
  const ended = caller.nextSpeechEnd();
  const said = await caller.say('Wait a moment please, what should I do now?');
  const { endedAt } = await ended;
  await caller.nextSpeechEnd();
  await sleep(betweenTurnsMs);
  return Math.max(0, endedAt - said.startedAt);
}
