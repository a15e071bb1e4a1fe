/**
 * Owns one whole system as a user runs it: LiveKit, Ollama behind a proxy that can pace it, our built server and worker, and services
 * that hear and speak. Knows nothing of what is said in it.
 */
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { AccessToken } from 'livekit-server-sdk';
import { startCartesiaStandIn, type CartesiaStandIn } from '../../stand-ins/cartesia/cartesia-stand-in.ts';
import { startDeepgramStandIn, type DeepgramStandIn } from '../../stand-ins/deepgram/deepgram-stand-in.ts';
import { FrameTap } from '../../stand-ins/frame-tap/frame-tap.ts';
import { startPacingProxy, type PacingProxy } from '../../stand-ins/pacing-proxy/pacing-proxy.ts';
import { Caller } from './caller.ts';
import { startProcess, type RunningProcess } from './child-process.ts';
import { freePort } from './free-port.ts';
import { startLiveKitServer } from './livekit-server.ts';
import { locateParts } from './locate-parts.ts';
import { startOllama } from './ollama.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

export interface WholePath {
  /** Our server's port: chat page, health and WebSocket. */
  readonly port: number;
  readonly server: RunningProcess;
  readonly worker: RunningProcess;
  readonly proxy: PacingProxy;
  /** Between the worker and our server. */
  readonly tap: FrameTap;
  readonly deepgram: DeepgramStandIn;
  readonly cartesia: CartesiaStandIn;
  /** A caller in a room of its own. */
  call(): Promise<Caller>;
  /** Stops everything, the last started first. */
  stop(): Promise<void>;
}

/**
 * Resolves when the worker has registered. `sentences`: what callers are going to say. `serverEnv`: what the server's environment has
 * besides, another model for example.
 */
export async function startWholePath(
  sentences: readonly string[],
  serverEnv: Record<string, string> = {},
): Promise<WholePath> {
  const parts = locateParts();
  const stops: (() => Promise<unknown>)[] = [];
  const started = <T>(part: T, stop: (part: T) => Promise<unknown>): T => {
    stops.push(() => stop(part));
    return part;
  };
  const stop = async (): Promise<void> => {
    for (const next of stops.splice(0).toReversed()) await next();
  };
  try {
    const livekit = started(await startLiveKitServer(parts.liveKitServer), (part) => part.stop());
    const ollama = started(await startOllama(parts.ollama), (part) => part.stop());
    const proxy = started(await startPacingProxy({ target: ollama.url, brake: ollama.brake }), (part) =>
      part.close(),
    );
    const deepgram = started(await startDeepgramStandIn({ sentences }), (part) => part.close());
    const cartesia = started(await startCartesiaStandIn(), (part) => part.close());
    const port = await freePort();
    const server = started(
      await startProcess({
        name: 'ws-llm-server',
        command: process.execPath,
        args: ['ws-llm-server/dist/main.js'],
        cwd: root,
        env: {
          PORT: String(port),
          LLM_BACKEND: 'ollama',
          OLLAMA_HOST: proxy.url,
          LLM_MODEL: parts.model,
          OPENAI_API_KEY: undefined,
          OPENAI_BASE_URL: undefined,
          ...serverEnv,
        },
      }),
      (part) => part.stop(),
    );
    await server.waitForLine(/chat +http:/);
    const tap = started(await FrameTap.start(`ws://127.0.0.1:${port}`), (part) => part.close());
    const worker = started(
      await startProcess({
        name: 'agent',
        command: process.execPath,
        args: ['agent/dist/main.js', 'start'],
        cwd: root,
        env: {
          LIVEKIT_URL: livekit.url,
          LIVEKIT_API_KEY: livekit.key,
          LIVEKIT_API_SECRET: livekit.secret,
          DEEPGRAM_API_KEY: 'any',
          DEEPGRAM_BASE_URL: deepgram.url,
          CARTESIA_API_KEY: 'any',
          CARTESIA_BASE_URL: cartesia.url,
          WS_LLM_URL: tap.url,
        },
      }),
      (part) => part.stop(),
    );
    await worker.waitForLine(/registered worker/);
    const call = async (): Promise<Caller> => {
      const token = new AccessToken(livekit.key, livekit.secret, { identity: 'caller' });
      token.addGrant({ roomJoin: true, room: `room-${randomUUID()}` });
      return Caller.join(livekit.url, await token.toJwt());
    };
    return { port, server, worker, proxy, tap, deepgram, cartesia, call, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Everything that was seen, in the order of time, for whoever has to find out why a test failed. */
export function whatHappened({ proxy, tap, deepgram, worker }: WholePath, caller: Caller): string {
  const events: [at: number, what: string][] = [
    ...tap.frames.map(({ at, from, frame }): [number, string] => [
      at,
      `${from}: ${frame.type} ${JSON.stringify(frame['id'] ?? '')}`,
    ]),
    ...proxy.requests.flatMap(
      ({ openedAt, firstLineAt, modelFinishedAt, abandonedAt }, index): [number, string][] => [
        [openedAt, `model request ${index} opened`],
        [firstLineAt ?? 0, `model request ${index} first line`],
        [modelFinishedAt ?? 0, `model request ${index} finished`],
        [abandonedAt ?? 0, `model request ${index} abandoned`],
      ],
    ),
    ...deepgram.utterances.map(({ text, endedAt }): [number, string] => [
      endedAt,
      `recognised: ${text ?? 'nothing'}`,
    ]),
    ...caller.heard.flatMap(({ startedAt, endedAt }): [number, string][] => [
      [startedAt, 'the caller hears the agent'],
      [endedAt, 'the caller hears nothing more'],
    ]),
    ...caller.transcripts.segments.map(({ lastAt, who, text }): [number, string] => [
      lastAt,
      `transcript of ${who}: ${text}`,
    ]),
  ];
  const lines = events
    .filter(([at]) => at > 0)
    .toSorted(([a], [b]) => a - b)
    .map(([at, what]) => `${new Date(at).toISOString().slice(14, 23)} ${what}`)
    .filter((line, index, all) => !line.endsWith('server: delta') || line !== all[index - 1]);
  return [...lines.slice(-150), worker.output.split('\n').slice(-25).join('\n')].join('\n');
}
