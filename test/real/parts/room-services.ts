/**
 * Owns what a voice agent needs besides a brain: a real LiveKit server, services that hear and speak, and the environment in which a worker
 * finds them. Knows nothing of workers.
 */
import { startCartesiaStandIn, type CartesiaStandIn } from '../../stand-ins/cartesia/cartesia-stand-in.ts';
import {
  startDeepgramStandIn,
  type DeepgramStandIn,
  type DeepgramStandInOptions,
} from '../../stand-ins/deepgram/deepgram-stand-in.ts';
import type { Environment } from './child-process.ts';
import { startLiveKitServer, type RunningLiveKitServer } from './livekit-server.ts';
import { locateParts } from './locate-parts.ts';
import { startTogether } from './started-parts.ts';

export interface RoomServices {
  readonly livekit: RunningLiveKitServer;
  readonly deepgram: DeepgramStandIn;
  readonly cartesia: CartesiaStandIn;
  /** Names them and nothing else: no persona server, no name for the agent. */
  readonly env: Environment;
  /** Stops everything, the last started first. */
  stop(): Promise<void>;
}

/** Resolves when all of them answer. */
export function startRoomServices(speech: DeepgramStandInOptions): Promise<RoomServices> {
  return startTogether(async (started) => {
    const livekit = started.add(await startLiveKitServer(locateParts().liveKitServer));
    const deepgram = started.add(await startDeepgramStandIn(speech));
    const cartesia = started.add(await startCartesiaStandIn());
    const env = {
      LIVEKIT_URL: livekit.url,
      LIVEKIT_API_KEY: livekit.key,
      LIVEKIT_API_SECRET: livekit.secret,
      DEEPGRAM_API_KEY: 'any',
      DEEPGRAM_BASE_URL: deepgram.url,
      CARTESIA_API_KEY: 'any',
      CARTESIA_BASE_URL: cartesia.url,
      WS_LLM_URL: undefined,
      AGENT_NAME: undefined,
      SESSION_LOG_DIR: undefined,
    };
    return { livekit, deepgram, cartesia, env };
  });
}
