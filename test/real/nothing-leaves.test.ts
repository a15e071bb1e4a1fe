/** With a LiveKit server of one's own, a call sends nothing to anybody but those whom the environment names: not even a name is looked up. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { disposeCallers } from './parts/caller.ts';
import { startTalkPath } from './parts/talk-path.ts';
import { outgoingAddresses } from './parts/outgoing-addresses.ts';

const question = 'What should I do now?';
const answer = 'Please rest and drink enough water.';

test('worker, job and server speak with the addresses that they were given, and with nobody else', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ws-llm-trace-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const trace = join(folder, 'trace');
  const path = await startTalkPath({ sentences: [question], trace });
  onTestFinished(() => path.stop());
  onTestFinished(disposeCallers);
  path.model.fallback = { tokens: answer.split(/(?<= )/) };
  const caller = await path.call();
  onTestFinished(() => caller.leave());
  await caller.nextSpeechEnd();
  await caller.say(question);
  // So slowed down, what is said may not be understood.
  await caller.write(question);
  await caller.transcripts.waitFor(({ who, text }) => who === 'agent' && text === answer);
  await caller.leave();
  await path.talk.stop();

  // Every address that they were given is this machine's; a look-up of a name would go to port 53.
  const outgoing = outgoingAddresses(await readFile(trace, 'utf8'));
  expect(outgoing).toContain(new URL(path.livekit.url).host);
  expect(outgoing.filter((address) => !/^127\.0\.0\.1:(?!53$)\d+$/.test(address))).toEqual([]);
});
