/** Proves that a caller in a real room is heard, hears, and reads what is written about both sides. */
import { Room } from '@livekit/rtc-node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Caller, disposeCallers } from './caller.ts';
import { callerToken } from './caller-token.ts';
import { startLiveKitServer, type RunningLiveKitServer } from './livekit-server.ts';
import { locateParts } from './locate-parts.ts';
import { recognise } from './speech.ts';
import { speechGrammar } from './speech-grammar.ts';

let server: RunningLiveKitServer;

beforeAll(async () => {
  server = await startLiveKitServer(locateParts().liveKitServer);
});
afterAll(async () => {
  await disposeCallers();
  await server.stop();
});

function token(identity: string, room: string, on: RunningLiveKitServer = server): Promise<string> {
  return callerToken(on, { identity, room });
}

test('two callers understand each other, and know to a tenth of a second when each spoke', async () => {
  const [anna, ben] = await Promise.all(
    ['anna', 'ben'].map(async (name) => Caller.join(server.url, await token(name, 'talk'))),
  );
  if (anna === undefined || ben === undefined) throw new Error('nobody came');
  expect(await anna.waitForAgent()).toBe('ben');
  const sentences = ['I have a headache and a fever', 'What should I do now?'];
  const grammar = await speechGrammar(sentences);
  for (const [speaker, listener, sentence] of [
    [anna, ben, sentences[0]!],
    [ben, anna, sentences[1]!],
  ] as const) {
    const [start, end] = [listener.nextSpeechStart(), listener.nextSpeechEnd()];
    const said = await speaker.say(sentence);
    const heard = await end;
    expect(await recognise(heard.pcm, grammar)).toBe(sentence);
    expect(await start).toBe(heard.startedAt);
    expect(Math.abs(heard.startedAt - said.startedAt)).toBeLessThan(250);
    expect(Math.abs(heard.endedAt - said.endedAt)).toBeLessThan(250);
    expect(listener.heard.at(-1)).toBe(heard);
    expect(listener.speaking).toBe(false);
  }
  await Promise.all([anna.leave(), ben.leave()]);
});

test('a caller reads the transcripts of both sides as they grow, and knows when they are final', async () => {
  const caller = await Caller.join(server.url, await token('anna', 'text'));
  const agent = new Room();
  await agent.connect(server.url, await token('agent', 'text'));
  const growing = await agent.localParticipant!.streamText({
    topic: 'lk.transcription',
    attributes: { 'lk.segment_id': 'SG_1', 'lk.transcription_final': 'false' },
  });
  await growing.write('Drink ');
  const begun = await caller.transcripts.waitFor(({ who }) => who === 'agent');
  expect(begun).toMatchObject({ segmentId: 'SG_1', text: 'Drink ', isFinal: false });
  await growing.write('water.');
  await growing.close();
  const done = await caller.transcripts.waitFor(({ isFinal }) => isFinal);
  expect(done).toMatchObject({ segmentId: 'SG_1', who: 'agent', text: 'Drink water.' });
  expect(done.firstAt).toBe(begun.firstAt);
  await expect(caller.transcripts.waitFor(({ text }) => text === 'Beer', 50)).rejects.toThrow('Drink water.');
  await agent.disconnect();
  await caller.leave();
});

test('whoever waits for a caller that leaves is told so', async () => {
  const caller = await Caller.join(server.url, await token('anna', 'alone'));
  const waiting = [
    caller.nextSpeechStart(),
    caller.nextSpeechEnd(),
    caller.waitForAgent(),
    caller.say('Yes'),
  ];
  const outcomes = Promise.allSettled(waiting);
  await expect(caller.nextSpeechStart(20)).rejects.toThrow('20 ms');
  await caller.leave();
  expect((await outcomes).map(({ status }) => status)).toEqual(Array(4).fill('rejected'));
});

test('two servers run side by side, and a stranger to one may not join it', async () => {
  const other = await startLiveKitServer(locateParts().liveKitServer);
  await expect(Caller.join(other.url, await token('anna', 'r'))).rejects.toThrow();
  const caller = await Caller.join(other.url, await token('anna', 'r', other));
  await caller.leave();
  await other.stop();
});
