/**
 * Owns one whole system as a user runs it: LiveKit, Ollama behind a proxy that can pace it, our built server and worker, and services
 * that hear and speak. Knows nothing of what is said in it.
 */
import type { CartesiaStandIn } from '../../stand-ins/cartesia/cartesia-stand-in.ts';
import type { DeepgramStandIn } from '../../stand-ins/deepgram/deepgram-stand-in.ts';
import { FrameTap } from '../../stand-ins/frame-tap/frame-tap.ts';
import { startPacingProxy, type PacingProxy } from '../../stand-ins/pacing-proxy/pacing-proxy.ts';
import { ollamaBackend } from './backend-environment.ts';
import { Caller } from './caller.ts';
import { callerToken } from './caller-token.ts';
import type { Environment, RunningProcess } from './child-process.ts';
import { locateParts } from './locate-parts.ts';
import { startOllama } from './ollama.ts';
import { type OurServer, startOurServer } from './our-server.ts';
import { startOurWorker } from './our-worker.ts';
import { startRoomServices } from './room-services.ts';
import { startTogether } from './started-parts.ts';

export interface WholePath {
  readonly server: OurServer;
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
 * Resolves when the worker has registered. `sentences`: what callers are going to say. `backend`: what the server asks instead of the
 * model behind the proxy.
 */
export function startWholePath(sentences: readonly string[], backend?: Environment): Promise<WholePath> {
  return startTogether(async (started) => {
    const services = started.add(await startRoomServices({ sentences }));
    const { livekit, deepgram, cartesia, env } = services;
    const ollama = started.add(await startOllama(locateParts().ollama));
    const proxy = started.add(await startPacingProxy({ target: ollama.url, brake: ollama.brake }));
    const server = started.add(await startOurServer(backend ?? ollamaBackend(proxy.url)));
    const tap = started.add(await FrameTap.start(server.url));
    const worker = started.add(await startOurWorker({ ...env, WS_LLM_URL: tap.url }));
    const call = async (): Promise<Caller> => Caller.join(livekit.url, await callerToken(livekit));
    return { server, worker, proxy, tap, deepgram, cartesia, call };
  });
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
