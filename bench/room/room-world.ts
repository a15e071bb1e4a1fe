/**
 * A real LiveKit server with two workers in it, ours and the control, on services whose timing is known: the final transcript comes 100 to 200 ms
 * after the voice, for the sound comes in pieces of 100 ms; what is spoken was spoken before. Knows nothing of what is measured.
 */
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { AccessToken, RoomAgentDispatch, RoomConfiguration } from 'livekit-server-sdk';
import { Caller } from '../../test/real/parts/caller.ts';
import { startProcess, type RunningProcess } from '../../test/real/parts/child-process.ts';
import { freePort } from '../../test/real/parts/free-port.ts';
import { startLiveKitServer } from '../../test/real/parts/livekit-server.ts';
import { locateParts } from '../../test/real/parts/locate-parts.ts';
import { startCartesiaStandIn } from '../../test/stand-ins/cartesia/cartesia-stand-in.ts';
import { startDeepgramStandIn } from '../../test/stand-ins/deepgram/deepgram-stand-in.ts';
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

export async function startRoomWorld({ persona, withControl = true }: RoomWorldOptions): Promise<RoomWorld> {
  const stops: (() => Promise<unknown>)[] = [];
  const stop = async (): Promise<void> => {
    for (const next of stops.splice(0).toReversed()) await next();
  };
  const run = async (
    name: string,
    args: string[],
    env: Record<string, string | undefined>,
    ready: RegExp,
  ) => {
    const started = await startProcess({ name, command: process.execPath, args, cwd: root, env });
    stops.push(() => started.stop());
    await started.waitForLine(ready, readyWithinMs);
    return started;
  };
  try {
    const livekit = await startLiveKitServer(locateParts().liveKitServer);
    stops.push(() => livekit.stop());
    const model = await FakeModel.start();
    stops.push(() => model.close());
    const everything = 'What should I do now?';
    const deepgram = await startDeepgramStandIn({ sentences: [], everything, endOfSpeechMs: finalAfterMs });
    stops.push(() => deepgram.close());
    const cartesia = await startCartesiaStandIn();
    stops.push(() => cartesia.close());
    const port = await freePort();
    const backend = { OPENAI_BASE_URL: model.openAIBaseUrl, OPENAI_API_KEY: undefined };
    await run(
      'ws-llm-server',
      ['ws-llm-server/dist/main.js'],
      { ...backend, PORT: String(port), PERSONA: persona, LLM_BACKEND: 'openai', LLM_MODEL: 'fake-model' },
      /chat +http:/,
    );
    const env = {
      NODE_ENV: 'production',
      LIVEKIT_URL: livekit.url,
      LIVEKIT_API_KEY: livekit.key,
      LIVEKIT_API_SECRET: livekit.secret,
      DEEPGRAM_API_KEY: 'any',
      DEEPGRAM_BASE_URL: deepgram.url,
      CARTESIA_API_KEY: 'any',
      CARTESIA_BASE_URL: cartesia.url,
      SESSION_LOG_DIR: undefined,
    };
    const worker = await run(
      'ours',
      ['agent/dist/main.js', 'start'],
      { ...env, AGENT_NAME: 'ours', WS_LLM_URL: `ws://127.0.0.1:${port}` },
      /registered worker/,
    );
    if (withControl) {
      const healthPort = String(await freePort());
      await run(
        'direct',
        ['--import', 'tsx', 'bench/room/direct-agent.ts', 'start'],
        {
          ...env,
          ...backend,
          AGENT_NAME: 'direct',
          INSTRUCTIONS: instructions,
          AGENT_HEALTH_PORT: healthPort,
        },
        /registered worker/,
      );
    }
    const call = async (agentName: Candidate): Promise<Caller> => {
      const token = new AccessToken(livekit.key, livekit.secret, { identity: 'caller' });
      token.addGrant({ roomJoin: true, room: `${agentName}-${randomUUID()}` });
      token.roomConfig = new RoomConfiguration({ agents: [new RoomAgentDispatch({ agentName })] });
      const caller = await Caller.join(livekit.url, await token.toJwt(), { pauseMs: 600 });
      try {
        await Promise.all([caller.nextSpeechEnd(), caller.waitForAgent(agentWithinMs)]);
        return caller;
      } catch (error) {
        await caller.leave();
        throw error;
      }
    };
    return { model, worker, call, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
