/** Two workers of one name share the rooms; one that is told to stop takes no more, lets its calls end, and then ends by itself. */
import { afterAll, beforeAll, expect, onTestFailed, test } from 'vitest';
import { FakeModel } from '../stand-ins/model/fake-model.ts';
import { saying } from '../stand-ins/model/behaviour.ts';
import { fakeModelBackend } from './parts/backend-environment.ts';
import { Caller, disposeCallers } from './parts/caller.ts';
import { callerToken } from './parts/caller-token.ts';
import type { RunningProcess } from './parts/child-process.ts';
import { startOurServer } from './parts/our-server.ts';
import { startOurWorker } from './parts/our-worker.ts';
import { type RoomServices, startRoomServices } from './parts/room-services.ts';
import { startTogether } from './parts/started-parts.ts';

const agentName = 'healthcare';
const patience = { timeout: 600_000 };
/** LiveKit gives rooms by chance, and a worker takes eight: with the ninth both have some. */
const mostRooms = 9;
/** LiveKit keeps a room for a while for who may come back. */
const endsWithinMs = 120_000;

let world: Awaited<ReturnType<typeof startWorld>>;

function startWorld() {
  return startTogether(async (started) => {
    const services: RoomServices = started.add(await startRoomServices({ sentences: [] }));
    const model = started.add(await FakeModel.start());
    const server = started.add(await startOurServer(fakeModelBackend(model)));
    const env = { ...services.env, AGENT_NAME: agentName, WS_LLM_URL: server.url };
    const first = started.add(await startOurWorker(env, 'first worker'));
    const second = started.add(await startOurWorker(env, 'second worker'));
    return { livekit: services.livekit, model, workers: [first, second] };
  });
}

interface Call {
  caller: Caller;
  /** Who has the room. */
  worker: RunningProcess;
}

/** A greeted caller in a room of its own. */
async function call(): Promise<Call> {
  const caller = await Caller.join(world.livekit.url, await callerToken(world.livekit, { agentName }));
  const job = (await caller.waitForAgent()).replace(/^agent-/, '');
  await caller.transcripts.waitFor(({ who, isFinal }) => who === 'agent' && isFinal);
  // One that is told to stop may have been asked too, and have refused.
  const worker = world.workers.findLast(({ output }) => output.includes(job));
  if (worker === undefined) throw new Error(`no worker has ${job}`);
  return { caller, worker };
}

/** Resolves when this is the answer to what the caller has written. */
async function isAnswered({ caller }: Call, words: string): Promise<void> {
  world.model.fallback = saying(words);
  await caller.write('What should I do now?');
  await caller.transcripts.waitFor(({ who, text }) => who === 'agent' && text.includes(words));
}

beforeAll(async () => {
  world = await startWorld();
});
afterAll(async () => {
  await disposeCallers();
  await world?.stop();
});

test(
  'callers are answered by both workers, and while one of them is told to stop nobody is left alone',
  patience,
  async () => {
    onTestFailed(() => console.log(...world.workers.map(({ output }) => output)));
    const calls: Call[] = [];
    while (new Set(calls.map(({ worker }) => worker)).size < 2) {
      expect(calls.length).toBeLessThan(mostRooms);
      calls.push(await call());
    }
    for (const [n, each] of calls.entries()) await isAnswered(each, `You are caller number ${n}.`);

    // The one that took the last room, and so has only this one.
    const leaving = calls.at(-1)!;
    const ended = leaving.worker.stop(endsWithinMs);
    const next = await call();
    expect(next.worker).not.toBe(leaving.worker);
    await isAnswered(next, 'Somebody else is here for you.');
    await isAnswered(leaving, 'I am still here for you.');
    expect(leaving.worker.running).toBe(true);

    await leaving.caller.leave();
    expect(await ended).toEqual({ code: 0, signal: null });
    for (const [n, each] of calls.slice(0, -1).entries())
      await isAnswered(each, `You are still number ${n}.`);
    for (const { caller } of [...calls, next]) await caller.leave();
  },
);
