/** A caller who interrupts twenty times in a row: every answer stops at the model, every question is answered, and one connection serves all. */
import { afterAll, beforeAll, expect, onTestFailed, onTestFinished, test } from 'vitest';
import { FakeModel, type SeenRequest } from '../stand-ins/model/fake-model.ts';
import { fakeModelBackend } from './parts/backend-environment.ts';
import { disposeCallers } from './parts/caller.ts';
import { startWholePath, whatHappened, type WholePath } from './parts/whole-path.ts';

const questions = ['I have a headache and a fever', 'What should I do now?'] as const;
const interruptions = 20;

let model: FakeModel;
let path: WholePath;

beforeAll(async () => {
  // A real model ends its answer when it likes; here it must still be writing when it is interrupted, twenty times.
  model = await FakeModel.start();
  // What warms it.
  model.script.push({ tokens: ['.'] });
  model.fallback = {
    tokens: ['That is a good question. ', ...Array.from({ length: 400 }, () => 'and so on, ')],
    firstTokenMs: 200,
    tokenMs: 150,
  };
  path = await startWholePath(questions, fakeModelBackend(model));
});
afterAll(async () => {
  await disposeCallers();
  await path?.stop();
  await model?.close();
});

/** What the server itself counts. */
async function connectionsOfServer(): Promise<unknown> {
  const response = await fetch(new URL('health', path.server.pageUrl));
  const { connections } = (await response.json()) as { connections: unknown };
  return connections;
}

function questionOf({ body }: SeenRequest): unknown {
  return body.messages.at(-1)?.content;
}

test(
  `${interruptions} interruptions while the model writes leave one connection, no generation, and no question open`,
  { timeout: 900_000 },
  async () => {
    const caller = await path.call();
    onTestFinished(() => caller.leave());
    onTestFailed(() => console.log(whatHappened(path, caller)));
    const { transcripts } = caller;
    await transcripts.waitFor(({ who, isFinal }) => who === 'agent' && isFinal);
    const { connections } = path.tap;

    /** Says it, and waits until its answer is heard. */
    const askAndHear = async (question: string): Promise<void> => {
      const spoken = new Set(transcripts.segments.map(({ segmentId }) => segmentId));
      await caller.say(question);
      await transcripts.waitFor(({ who, segmentId }) => who === 'agent' && !spoken.has(segmentId));
    };

    await askAndHear(questions[0]);
    for (let turn = 1; turn <= interruptions; turn += 1) {
      const interrupted = model.requests.at(-1);
      const question = questions[turn % 2] ?? '';
      await askAndHear(question);
      expect(await interrupted?.closed).toMatchObject({ by: 'client' });
      // What is heard now answers the new question, and nothing else is being written.
      const latest = model.requests.at(-1);
      expect(latest && questionOf(latest)).toBe(question);
      await expect.poll(() => model.open, { timeout: 10_000 }).toBe(1);
      expect(await connectionsOfServer()).toBe(1);
    }
    expect(path.tap.connections).toBe(connections);
    expect(path.tap.frames.filter(({ frame }) => frame.type === 'error')).toEqual([]);
    // Each reply that the server began, it ended, and none twice; the last one goes on.
    const ofType = (type: string): unknown[] =>
      path.tap.frames.filter(({ frame }) => frame.type === type).map(({ frame }) => frame['id']);
    const ended = ofType('complete');
    expect(new Set(ended).size).toBe(ended.length);
    expect(ofType('chat').filter((id) => !ended.includes(id))).toHaveLength(1);
  },
);
