/**
 * Owns what `npm run talk` needs and starts: a real LiveKit server, services that hear and speak, a model that says what a test wants, and
 * the program itself, with our server and worker as its children. Knows nothing of what is said.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TokenVerifier } from 'livekit-server-sdk';
import type { CartesiaStandIn } from '../../stand-ins/cartesia/cartesia-stand-in.ts';
import type { DeepgramStandIn } from '../../stand-ins/deepgram/deepgram-stand-in.ts';
import { FakeModel } from '../../stand-ins/model/fake-model.ts';
import { fakeModelBackend } from './backend-environment.ts';
import { Caller } from './caller.ts';
import { callerToken } from './caller-token.ts';
import type { RunningProcess } from './child-process.ts';
import { startOurProgram } from './our-program.ts';
import { outgoingInto } from './outgoing-addresses.ts';
import type { RunningLiveKitServer } from './livekit-server.ts';
import { RestartableServer } from './restartable-server.ts';
import { startRoomServices } from './room-services.ts';
import { startTogether } from './started-parts.ts';

/** A way into a room, as the page gets one. */
interface Ticket {
  url: string;
  token: string;
}

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
  ticket(persona?: string): Promise<Ticket>;
  /** A caller in a room of its own. */
  call(persona?: string): Promise<Caller>;
  /** Another caller, in the room of a ticket. */
  joinRoomOf(ticket: Ticket, identity: string): Promise<Caller>;
  /** Stops everything, the last started first. */
  stop(): Promise<void>;
}

export interface TalkPathOptions {
  /** What callers are going to say. */
  sentences: readonly string[];
  /** Laid over the program's environment. */
  env?: Record<string, string>;
  /** Set: a file that tells every connection and everything sent, of the program and all that it starts. */
  trace?: string;
  /** Set: our server runs on its own, with this laid over its environment, and can be restarted. */
  ownServer?: Record<string, string>;
}

/** Resolves when the page is served. */
export function startTalkPath({ sentences, env = {}, ownServer, trace }: TalkPathOptions): Promise<TalkPath> {
  return startTogether(async (started) => {
    const folder = await mkdtemp(join(tmpdir(), 'ws-llm-talk-'));
    started.later(() => rm(folder, { recursive: true, force: true }));
    const services = started.add(await startRoomServices({ sentences }));
    const { livekit, deepgram, cartesia } = services;
    const model = started.add(await FakeModel.start());
    const backend = fakeModelBackend(model);
    const server = ownServer && started.add(await RestartableServer.start({ ...backend, ...ownServer }));
    const sessionLogDir = join(folder, 'conversations');
    const [talk, line] = await startOurProgram({
      name: 'talk',
      script: new URL('../../../agent/dist/talk/main.js', import.meta.url),
      env: {
        ...services.env,
        ...backend,
        SESSION_LOG_DIR: sessionLogDir,
        WS_LLM_URL: server?.url,
        ...env,
      },
      ready: /page +http:/,
      under: trace === undefined ? undefined : outgoingInto(trace),
    });
    started.add(talk);
    const [url = ''] = /http:\S+/.exec(line) ?? [];
    const ticket = async (persona?: string): Promise<Ticket> => {
      const response = await fetch(new URL('ticket', url), {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ persona }),
      });
      if (!response.ok) throw new Error(await response.text());
      return (await response.json()) as Ticket;
    };
    const call = async (persona?: string): Promise<Caller> => {
      const { url: room, token } = await ticket(persona);
      return Caller.join(room, token);
    };
    const joinRoomOf = async ({ token }: Ticket, identity: string): Promise<Caller> => {
      const { video: { room } = {} } = await new TokenVerifier(livekit.key, livekit.secret).verify(token);
      return Caller.join(livekit.url, await callerToken(livekit, { identity, room: room ?? '' }));
    };
    return { url, livekit, model, server, deepgram, cartesia, talk, sessionLogDir, ticket, call, joinRoomOf };
  });
}
