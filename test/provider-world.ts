/** The plugin in front of the real server in front of a fake model, as tests that need all three want them. */
import { initializeLogger, llm } from '@livekit/agents';
import { WebSocketLLM, type WebSocketLLMOptions } from 'livekit-agents-plugin-ws-llm';
import { onTestFinished, vi } from 'vitest';
import {
  createPersonaServer,
  OpenAIBackend,
  type Persona,
  type PersonaServer,
  type PersonaServerOptions,
} from 'ws-llm-server';
import { FrameTap } from './stand-ins/frame-tap/frame-tap.ts';
import { FakeModel, type SeenRequest } from './stand-ins/model/fake-model.ts';

initializeLogger({ pretty: false, level: 'silent' });

const persona: Persona = {
  card: { name: 'tester', title: 'Tester', greeting: 'Hello.', suggestions: [] },
  prompt: 'You are a test.',
  params: {},
};

/** One that notes what somebody feels, by a tool of its own. */
export const symptomsPersona: Persona = {
  ...persona,
  tools: [
    {
      name: 'collect_symptoms',
      description: 'Notes what somebody feels.',
      parameters: { type: 'object', properties: { symptoms: { type: 'array' } }, required: ['symptoms'] },
      frame: 'symptoms_collected',
    },
  ],
};

export interface World {
  model: FakeModel;
  /** Of the server. */
  url: string;
  /** The same server, behind something that sees every frame. */
  tap: FrameTap;
  /** Resolves when the model was warmed, which a session asks for when it starts: that is a request to the model too. */
  warmed: () => Promise<void>;
  /** Ends the server, which takes nothing new and lets open replies finish for `graceMs` (default 0). */
  stop: (graceMs?: number) => Promise<void>;
  /** Starts one again, on the same port, which remembers nothing. */
  start: () => Promise<void>;
  /** One that reaches the server through the tap; closed when the test ends. */
  connect: (options?: Partial<WebSocketLLMOptions>) => WebSocketLLM;
}

/** Everything is closed when the test ends. */
export async function startWorld(options: Partial<PersonaServerOptions> = {}): Promise<World> {
  const model = await FakeModel.start();
  const create = (): PersonaServer =>
    createPersonaServer({
      backend: new OpenAIBackend({ baseUrl: model.openAIBaseUrl, apiKey: 'none', model: 'fake-model' }),
      persona,
      page: '<!doctype html><title>chat</title>',
      turnLimits: { turns: 20, chars: 12_000 },
      ...options,
    });
  let server = create();
  const { port } = await server.listen(0, '127.0.0.1');
  const stop = (graceMs?: number): Promise<void> => server.close(graceMs);
  const start = async (): Promise<void> => {
    server = create();
    await server.listen(port, '127.0.0.1');
  };
  const url = `ws://127.0.0.1:${port}/`;
  const tap = await FrameTap.start(url);
  onTestFinished(async () => {
    await tap.close();
    await server.close();
    await model.close();
  });
  const warmed = (): Promise<void> =>
    vi.waitFor(
      () => {
        if (!tap.frames.some(({ frame }) => frame.type === 'warmed')) throw new Error('it is not warm yet');
      },
      { timeout: 10_000, interval: 5 },
    );
  const connect = (own: Partial<WebSocketLLMOptions> = {}): WebSocketLLM => {
    const plugin = new WebSocketLLM({ url: tap.url, ...own });
    onTestFinished(() => plugin.aclose());
    return plugin;
  };
  return { model, url, tap, warmed, stop, start, connect };
}

/** What the model was told, in its own words. The space after a prompt without instructions is nothing that it is told. */
export function toldOf(request: SeenRequest | undefined): { messages: unknown; tools: unknown } {
  if (request === undefined) throw new Error('the model was not asked');
  const { messages, tools } = request.body;
  const [system, ...history] = messages;
  return { messages: [{ ...system, content: String(system?.content).trimEnd() }, ...history], tools };
}

export function userMessage(content: string, id?: string): llm.ChatMessage {
  return new llm.ChatMessage({ role: 'user', content, ...(id !== undefined && { id }) });
}
