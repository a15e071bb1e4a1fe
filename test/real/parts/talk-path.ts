/**
 * Owns what `npm run talk` needs and starts: a real LiveKit server, services that hear and speak, a model that says what a test wants, and
 * the program itself, with our server and worker as its children. Knows nothing of what is said.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AccessToken, TokenVerifier } from 'livekit-server-sdk';
import { startCartesiaStandIn, type CartesiaStandIn } from '../../stand-ins/cartesia/cartesia-stand-in.ts';
import { startDeepgramStandIn, type DeepgramStandIn } from '../../stand-ins/deepgram/deepgram-stand-in.ts';
import { FakeModel } from '../../stand-ins/model/fake-model.ts';
import { Caller } from './caller.ts';
import { startProcess, type RunningProcess } from './child-process.ts';
import { startLiveKitServer, type RunningLiveKitServer } from './livekit-server.ts';
import { locateParts } from './locate-parts.ts';
import { RestartableServer } from './restartable-server.ts';

const talkMain = fileURLToPath(new URL('../../../agent/dist/talk/main.js', import.meta.url));

/** A server, a worker and all that they load, on a machine that has other work. */
const startWithinMs = 150_000;

export interface TalkPath {
  /** The voice page's address, which also gives tickets. */
  readonly url: string;
  readonly livekit: RunningLiveKitServer;
  readonly model: FakeModel;
  readonly deepgram: DeepgramStandIn;
  readonly cartesia: CartesiaStandIn;
  readonly talk: RunningProcess;
  /** Ours, where it runs on its own. */
  readonly server: RestartableServer | undefined;
  /** Where conversations are written. */
  readonly sessionLogDir: string;
  /** A ticket as the page gets one. */
  ticket(persona?: string): Promise<{ url: string; token: string }>;
  /** A caller in a room of its own. */
  call(persona?: string): Promise<Caller>;
  /** Another caller, in the room of a ticket. */
  joinRoomOf(ticket: { token: string }, identity: string): Promise<Caller>;
  /** Stops everything, the last started first. */
  stop(): Promise<void>;
}

export interface TalkPathOptions {
  /** What callers are going to say. */
  sentences: readonly string[];
  /** Laid over the program's environment. */
  env?: Record<string, string>;
  /** Set: our server runs on its own, with this laid over its environment, and can be restarted. */
  ownServer?: Record<string, string>;
}

/** Resolves when the page is served. */
export async function startTalkPath({ sentences, env = {}, ownServer }: TalkPathOptions): Promise<TalkPath> {
  const stops: (() => Promise<unknown>)[] = [];
  const stop = async (): Promise<void> => {
    for (const next of stops.splice(0).toReversed()) await next();
  };
  try {
    const folder = await mkdtemp(join(tmpdir(), 'ws-llm-talk-'));
    stops.push(() => rm(folder, { recursive: true, force: true }));
    const livekit = await startLiveKitServer(locateParts().liveKitServer);
    stops.push(() => livekit.stop());
    const model = await FakeModel.start();
    stops.push(() => model.close());
    const deepgram = await startDeepgramStandIn({ sentences });
    stops.push(() => deepgram.close());
    const cartesia = await startCartesiaStandIn();
    stops.push(() => cartesia.close());
    const backend = {
      LLM_BACKEND: 'openai',
      LLM_MODEL: 'fake-model',
      OPENAI_BASE_URL: model.openAIBaseUrl,
      OPENAI_API_KEY: undefined,
    };
    const server = ownServer && (await RestartableServer.start({ ...backend, ...ownServer }));
    stops.push(async () => server?.stop());
    const sessionLogDir = join(folder, 'conversations');
    const talk = await startProcess({
      name: 'talk',
      command: process.execPath,
      args: [talkMain],
      // Without a .env that somebody has for themselves.
      cwd: folder,
      env: {
        LIVEKIT_URL: livekit.url,
        LIVEKIT_API_KEY: livekit.key,
        LIVEKIT_API_SECRET: livekit.secret,
        DEEPGRAM_API_KEY: 'any',
        DEEPGRAM_BASE_URL: deepgram.url,
        CARTESIA_API_KEY: 'any',
        CARTESIA_BASE_URL: cartesia.url,
        SESSION_LOG_DIR: sessionLogDir,
        ...backend,
        WS_LLM_URL: server?.url,
        AGENT_NAME: undefined,
        ...env,
      },
    });
    stops.push(() => talk.stop());
    const [, url = ''] = /(http:\S+)/.exec(await talk.waitForLine(/page +http:/, startWithinMs)) ?? [];
    const ticket = async (persona?: string): Promise<{ url: string; token: string }> => {
      const response = await fetch(new URL('ticket', url), {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ persona }),
      });
      if (!response.ok) throw new Error(await response.text());
      return (await response.json()) as { url: string; token: string };
    };
    const call = async (persona?: string): Promise<Caller> => {
      const { url: room, token } = await ticket(persona);
      return Caller.join(room, token);
    };
    const joinRoomOf = async ({ token }: { token: string }, identity: string): Promise<Caller> => {
      const { video } = await new TokenVerifier(livekit.key, livekit.secret).verify(token);
      const other = new AccessToken(livekit.key, livekit.secret, { identity });
      other.addGrant({ roomJoin: true, room: video?.room ?? '' });
      return Caller.join(livekit.url, await other.toJwt());
    };
    return {
      url,
      livekit,
      model,
      server,
      deepgram,
      cartesia,
      talk,
      sessionLogDir,
      ticket,
      call,
      joinRoomOf,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
