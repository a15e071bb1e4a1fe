/**
 * The three plugins that are compared, each in front of a fake model of its own: ours through our server, the official ones directly.
 * Between a plugin and what it talks to stands something that counts. Knows nothing of what is probed.
 */
import type { llm } from '@livekit/agents';
import { LLM as ChatLLM, responses } from '@livekit/agents-plugin-openai';
import { WebSocketLLM } from 'livekit-agents-plugin-ws-llm';
import { createPersonaServer, OpenAIBackend } from 'ws-llm-server';
import { FrameTap } from '../../test/stand-ins/frame-tap/frame-tap.ts';
import { FakeModel } from '../../test/stand-ins/model/fake-model.ts';
import { Relay } from './relay.ts';

export const candidateNames = ['ws-llm', 'openai chat', 'openai responses'] as const;
/** After this our server and its clients hold each other for dead; in production it is half a minute. */
export const silenceMs = 1_500;
export type CandidateName = (typeof candidateNames)[number];

export interface Candidate {
  name: CandidateName;
  plugin: llm.LLM;
  model: FakeModel;
  /** Where the plugin's sockets arrive. */
  relay: Relay;
  /** What the plugin has sent to be answered, as JSON objects, in order. */
  sent: () => Record<string, unknown>[];
  stop: () => Promise<void>;
}

export function startCandidate(name: CandidateName): Promise<Candidate> {
  switch (name) {
    case 'ws-llm':
      return startOurs();
    case 'openai chat':
      return startChat();
    case 'openai responses':
      return startResponses();
  }
}

/** The plugin alone, for a program of its own. */
export function createPlugin(name: CandidateName, port: number): llm.LLM {
  const options = { apiKey: 'none', model: 'fake-model', baseURL: `http://127.0.0.1:${port}/v1` };
  switch (name) {
    case 'ws-llm':
      return new WebSocketLLM({ url: `ws://127.0.0.1:${port}` });
    case 'openai chat':
      return new ChatLLM(options);
    case 'openai responses':
      return new responses.LLM({ ...options, useWebSocket: true });
  }
}

async function startOurs(): Promise<Candidate> {
  const model = await FakeModel.start();
  const server = createPersonaServer({
    backend: new OpenAIBackend({ baseUrl: model.openAIBaseUrl, apiKey: 'none', model: 'fake-model' }),
    persona: { card: { name: 'bench', title: 'Bench', suggestions: [] }, prompt: 'Be brief.', params: {} },
    page: '',
    turnLimits: { turns: 20, chars: 12_000 },
    limits: { ping_interval_ms: silenceMs / 3, silence_ms: silenceMs },
  });
  const { port } = await server.listen(0, '127.0.0.1');
  const tap = await FrameTap.start(`ws://127.0.0.1:${port}`);
  return assemble('ws-llm', model, tap, () => server.close());
}

async function startResponses(): Promise<Candidate> {
  const model = await FakeModel.start();
  const tap = await FrameTap.start(`ws://127.0.0.1:${model.port}/v1/responses`);
  return assemble('openai responses', model, tap, async () => {});
}

async function assemble(
  name: CandidateName,
  model: FakeModel,
  tap: FrameTap,
  stopServer: () => Promise<void>,
): Promise<Candidate> {
  const relay = await Relay.start(Number(new URL(tap.url).port));
  const plugin = createPlugin(name, relay.port);
  const asking = new Set(['chat', 'warm', 'response.create']);
  return {
    name,
    plugin,
    model,
    relay,
    sent: () => tap.frames.map(({ frame }) => frame).filter(({ type }) => asking.has(type)),
    async stop() {
      await plugin.aclose();
      await relay.close();
      await tap.close();
      await stopServer();
      await model.close();
    },
  };
}

async function startChat(): Promise<Candidate> {
  const model = await FakeModel.start();
  const relay = await Relay.start(model.port);
  const plugin = createPlugin('openai chat', relay.port);
  return {
    name: 'openai chat',
    plugin,
    model,
    relay,
    sent: () => model.requests.map(({ body }) => body),
    async stop() {
      await plugin.aclose();
      await relay.close();
      await model.close();
    },
  };
}
