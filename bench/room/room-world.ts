/**
 * A real LiveKit server with two workers in it, ours and the control, on services whose timing is known: the final transcript comes 100 to 200 ms
 * after the voice, for the sound comes in pieces of 100 ms; what is spoken was spoken before. Knows nothing of what is measured.
 */
import { fileURLToPath } from 'node:url';
import { fakeModelBackend } from '../../test/real/parts/backend-environment.ts';
import { Caller } from '../../test/real/parts/caller.ts';
import { callerToken } from '../../test/real/parts/caller-token.ts';
import { startProcess, type RunningProcess } from '../../test/real/parts/child-process.ts';
import { freePort } from '../../test/real/parts/free-port.ts';
import { startOurServer } from '../../test/real/parts/our-server.ts';
import { startOurWorker } from '../../test/real/parts/our-worker.ts';
import { startRoomServices } from '../../test/real/parts/room-services.ts';
import { startTogether } from '../../test/real/parts/started-parts.ts';
import { FakeModel } from '../../test/stand-ins/model/fake-model.ts';
import { instructions } from './persona.ts';

export type Candidate = 'ours' | 'direct';

const root = fileURLToPath(new URL('../..', import.meta.url));
const finalAfterMs = 100;
/** A busy machine takes its time to load all that a worker is. */
const readyWithinMs = 240_000;
/** As long as people wait before they think that nobody comes. */
const agentWithinMs = 15_000;

export interface RoomWorld {
  model: FakeModel;
  /** The worker process of ours. */
  worker: RunningProcess;
  /** A caller in a room of their own, greeted. @throws where no agent comes within 15 s */
  call(candidate: Candidate): Promise<Caller>;
  stop(): Promise<void>;
}

export interface RoomWorldOptions {
  /** Path of a persona's file. */
  persona: string;
  /** Default true; without it there is nobody to call but ours. */
  withControl?: boolean;
}

export function startRoomWorld({ persona, withControl = true }: RoomWorldOptions): Promise<RoomWorld> {
  return startTogether(async (started) => {
    const everything = 'What should I do now?';
    const services = started.add(
      await startRoomServices({ sentences: [], everything, endOfSpeechMs: finalAfterMs }),
    );
    const model = started.add(await FakeModel.start());
    const backend = fakeModelBackend(model);
    const server = started.add(await startOurServer({ ...backend, PERSONA: persona }));
    const env = { ...services.env, NODE_ENV: 'production' };
    const worker = started.add(
      await startOurWorker({ ...env, AGENT_NAME: 'ours', WS_LLM_URL: server.url }, 'ours'),
    );
    if (withControl) {
      const control = started.add(
        await startProcess({
          name: 'direct',
          command: process.execPath,
          args: ['--import', 'tsx', 'bench/room/direct-agent.ts', 'start'],
          cwd: root,
          env: {
            ...env,
            ...backend,
            AGENT_NAME: 'direct',
            INSTRUCTIONS: instructions,
            AGENT_HEALTH_PORT: String(await freePort()),
          },
        }),
      );
      await control.waitForLine(/registered worker/, readyWithinMs);
    }
    const { livekit } = services;
    const call = async (agentName: Candidate): Promise<Caller> => {
      const token = await callerToken(livekit, { agentName });
      const caller = await Caller.join(livekit.url, token, { pauseMs: 600 });
      try {
        await Promise.all([caller.nextSpeechEnd(), caller.waitForAgent(agentWithinMs)]);
        return caller;
      } catch (error) {
        await caller.leave();
        throw error;
      }
    };
    return { model, worker, call };
  });
}
