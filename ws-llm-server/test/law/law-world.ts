/** The servers under test, one for each dialect of model and kind of client, with the switchboards behind them. */
import type { Backend } from '../../src/backend.ts';
import { markLayered } from '../../src/backends/standard-layers.ts';
import { createPersonaServer, type PersonaServer } from '../../src/server.ts';
import { mirrorLimits } from './expected-mirrors.ts';
import { lawPrompt } from './expected-request.ts';
import { memoryLimits } from './memory.ts';
import { type ModelDialect, ModelSwitchboard } from './model-switchboard.ts';
import { replyChars, type ReplyDeadlines } from './reply-plan.ts';
import type { Script } from './step.ts';

/** v1 clients shorten them by `deadlines` where they wait for a silence; plain ones cannot. */
const deadlinesOf: Record<Script['client'], ReplyDeadlines> = {
  v1: { first_token_ms: 4_000, idle_ms: 4_000, total_ms: 10_000 },
  plain: { first_token_ms: 1_000, idle_ms: 1_000, total_ms: 2_500 },
};

export interface LawWorld {
  url(script: Script): string;
  /** Its server's own. */
  deadlines(script: Script): ReplyDeadlines;
  switchboard(script: Script): ModelSwitchboard;
  close(): Promise<void>;
}

/** @param wrap what the server is given instead of the switchboard itself */
export async function openWorld(
  wrap: (backend: ModelSwitchboard) => Backend = (backend) => backend,
): Promise<LawWorld> {
  const switchboards = {
    ollama: await ModelSwitchboard.open('ollama'),
    openai: await ModelSwitchboard.open('openai'),
  };
  const servers: PersonaServer[] = [];
  const listen = async (client: Script['client'], model: ModelDialect): Promise<string> => {
    const server = createPersonaServer({
      // Without idle warming: a warm would wait until no conversation at all asks this model.
      backend: markLayered(wrap(switchboards[model])),
      persona: {
        card: { name: 'law', title: 'Law', suggestions: [] },
        prompt: lawPrompt,
        params: {},
      },
      page: '<!doctype html><title>law</title>',
      turnLimits: memoryLimits,
      limits: { reply_chars: replyChars, ...mirrorLimits, ...deadlinesOf[client] },
    });
    servers.push(server);
    return `ws://127.0.0.1:${(await server.listen(0, '127.0.0.1')).port}/`;
  };
  const urls = {
    v1: { ollama: await listen('v1', 'ollama'), openai: await listen('v1', 'openai') },
    plain: { ollama: await listen('plain', 'ollama'), openai: await listen('plain', 'openai') },
  };
  return {
    url: ({ client, model }) => urls[client][model],
    deadlines: ({ client }) => deadlinesOf[client],
    switchboard: ({ model }) => switchboards[model],
    async close() {
      await Promise.all(servers.map((server) => server.close()));
      await Promise.all(Object.values(switchboards).map((switchboard) => switchboard.stop()));
    },
  };
}
