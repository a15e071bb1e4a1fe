/** A person speaks in a room and hears the persona, interrupts it and is heard, while somebody else talks to it in a browser. */
import { afterAll, beforeAll, expect, onTestFailed, onTestFinished, test } from 'vitest';
import { openBrowser } from './parts/browser.ts';
import { disposeCallers, type Caller } from './parts/caller.ts';
import { locateParts } from './parts/locate-parts.ts';
import { recognise } from './parts/speech.ts';
import { speechGrammar } from './parts/speech-grammar.ts';
import { startWholePath, whatHappened, type WholePath } from './parts/whole-path.ts';

const greeting = 'Hello, I am your healthcare assistant. How are you feeling today?';
const complaint = 'I have a headache and a fever';
const interruption = 'What should I do now?';

let path: WholePath;

beforeAll(async () => {
  path = await startWholePath([complaint, interruption]);
});
afterAll(async () => {
  await disposeCallers();
  await path?.stop();
});

async function call(): Promise<Caller> {
  const caller = await path.call();
  onTestFinished(() => caller.leave());
  onTestFailed(() => console.log(whatHappened(path, caller)));
  return caller;
}

/** What a user last asked, as it arrived at the model. */
function questionOf(request: { body: unknown }): string | undefined {
  const { messages } = request.body as { messages: { role: string; content: string }[] };
  return messages.findLast(({ role }) => role === 'user')?.content;
}

/** The words of the answer that is being spoken, once there are some. */
function answerTo(caller: Caller): Promise<{ text: string }> {
  return caller.transcripts.waitFor(
    ({ who, text }) =>
      who === 'agent' && text.split(' ').length > 3 && !greeting.startsWith(text.slice(0, 12)),
  );
}

test('a caller is greeted in the words of the persona, asks, and hears an answer that the model made', async () => {
  const caller = await call();
  const greeted = await caller.nextSpeechEnd();
  expect(await recognise(greeted.pcm, await speechGrammar([greeting]))).toBe(greeting);
  expect(path.proxy.requests).toEqual([]);

  const answering = caller.nextSpeechStart();
  await caller.say(complaint);
  await answering;
  const { text } = await answerTo(caller);
  const asked = caller.transcripts.segments.find(({ who, isFinal }) => who === 'caller' && isFinal);
  expect(asked?.text).toBe(complaint);

  // It came from the model, through the server, piece by piece.
  const request = path.proxy.requests.find(({ firstLineAt }) => firstLineAt !== undefined);
  expect(request && questionOf(request)).toBe(complaint);
  const reply = path.tap.frames.findLast(({ frame }) => frame.type === 'delta')?.frame['id'];
  const deltas = path.tap.frames
    .filter(({ frame }) => frame.type === 'delta' && frame['id'] === reply)
    .map(({ frame }) => frame['content']);
  expect(deltas.length).toBeGreaterThan(5);
  expect(deltas.join('').replaceAll(/\s+/g, ' ')).toContain(text.trim().split(' ').slice(0, 3).join(' '));
});

test('a caller who talks over the answer is listened to: speech and model stop, and the question is answered', async () => {
  const caller = await call();
  await caller.nextSpeechEnd();
  const { connections } = path.tap;
  path.proxy.linesPerSecond = 5;
  onTestFinished(() => {
    path.proxy.linesPerSecond = undefined;
  });
  const before = path.proxy.requests.length;
  const speaking = caller.nextSpeechStart();
  await caller.say(complaint);
  await speaking;
  // A small model may have only a sentence left to say; at this pace it cannot finish while the caller speaks.
  path.proxy.linesPerSecond = 1;
  const reply = path.tap.frames.findLast(({ frame }) => frame.type === 'delta')?.frame['id'];
  const request = path.proxy.requests.slice(before).findLast(({ firstLineAt }) => firstLineAt !== undefined);
  if (request === undefined) throw new Error('the agent speaks, and the model was not asked');

  const said = await caller.say(interruption);
  await expect.poll(() => request.abandonedAt, { timeout: 5_000 }).toBeDefined();
  // The point of it all: the model was in the middle of its answer.
  expect(request).toMatchObject({ modelFinishedAt: undefined, deliveredAt: undefined });
  const cancel = path.tap.frames.find(({ frame }) => frame.type === 'cancel' && frame['id'] === reply);
  const tookMs = (request.abandonedAt ?? Infinity) - (cancel?.at ?? 0);
  expect(tookMs).toBeGreaterThanOrEqual(0);
  expect(tookMs).toBeLessThanOrEqual(50);

  // The rest of that answer is never spoken, and the new question is answered.
  path.proxy.linesPerSecond = undefined;
  await expect
    .poll(
      () =>
        path.proxy.requests.some(
          (each) =>
            each.openedAt > said.startedAt && questionOf(each) === interruption && each.linesDelivered > 5,
        ),
      { timeout: 30_000 },
    )
    .toBe(true);
  const interrupted = caller.heard.filter(({ startedAt }) => startedAt < said.endedAt).at(-1);
  expect(interrupted?.endedAt).toBeLessThan(said.endedAt + 500);
  await caller.transcripts.waitFor(
    ({ who, firstAt, text }) => who === 'agent' && firstAt > said.endedAt && text.length > 10,
  );
  expect(path.tap.connections).toBe(connections);
  // Nobody's words are in a log.
  expect(path.worker.output + path.server.process.output).not.toMatch(
    /headache and a fever|should I do now/i,
  );
});

test('the same server answers in a browser while somebody talks to it in a room', async () => {
  const caller = await call();
  await caller.nextSpeechEnd();
  const browser = await openBrowser();
  onTestFinished(() => browser.close());
  const page = await browser.newPage();
  await page.goto(path.server.pageUrl);
  const answering = caller.nextSpeechStart();
  await Promise.all([
    caller.say(complaint),
    page.getByRole('button', { name: 'How can I sleep better?' }).click(),
  ]);
  await answering;
  await answerTo(caller);
  await page.locator('[data-state=complete] .markdown').waitFor({ timeout: 60_000 });
  expect((await page.locator('[data-state=complete] .markdown').innerText()).length).toBeGreaterThan(50);
  expect(await page.getByRole('status').first().innerText()).toContain(locateParts().model);
});
