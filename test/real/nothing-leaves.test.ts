/** With a LiveKit server of one's own, a call sends nothing to anybody but those whom the environment names: not even a name is looked up. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { saying } from '../stand-ins/model/behaviour.ts';
import { disposeCallers } from './parts/caller.ts';
import { outgoingAddresses } from './parts/outgoing-addresses.ts';
import { startTalkPath } from './parts/talk-path.ts';

const question = 'What should I do now?';
const answer = 'Please rest and drink enough water.';

/** Everything that the environment names is this machine's, by its address: no name has to be looked up, even here. */
function isNamed(address: string): boolean {
  const own = Object.values(networkInterfaces()).flatMap((addresses = []) => addresses);
  const [, host = '', port] = /^\[?(?:::ffff:)?(.+?)\]?:(\d+)$/.exec(address) ?? [];
  return port !== '53' && own.some((one) => one.address === host);
}

test('worker, job and server speak with the addresses that they were given, and with nobody else', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ws-llm-trace-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const trace = join(folder, 'trace');
  const path = await startTalkPath({ sentences: [question], trace });
  onTestFinished(() => path.stop());
  onTestFinished(disposeCallers);
  path.model.fallback = saying(answer);
  const caller = await path.call();
  onTestFinished(() => caller.leave());
  await caller.nextSpeechEnd();
  await caller.say(question);
  // A machine that has too much to do may not have understood it.
  await caller.write(question);
  await caller.transcripts.waitFor(({ who, text }) => who === 'agent' && text === answer);
  await caller.leave();
  await path.talk.stop();

  const outgoing = outgoingAddresses(await readFile(trace, 'utf8'));
  // Each of them was noted: worker and job, what the job hears and speaks with, and the server's model.
  for (const { url } of [path.livekit, path.deepgram, path.cartesia, { url: path.model.openAIBaseUrl }]) {
    expect(outgoing).toContain(new URL(url).host);
  }
  expect(outgoing.filter((address) => !isNamed(address))).toEqual([]);
});
