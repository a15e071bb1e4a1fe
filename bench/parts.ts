/** What every row stands on: fake model, server and bare relay, each in a process of its own, asked for the very same reply. */
import type { Behaviour } from '../test/stand-ins/model/behaviour.ts';
import { type Child, type ServerCode, serverScript, startChild } from './child.ts';
import type { FromModel, Telling, ToModel } from './fake-model-process.ts';
import { DirectClient } from './load/direct-client.ts';
import { SocketClient } from './load/socket-client.ts';
import type { TurnClient } from './load/turn.ts';

type Message<Type extends FromModel['type']> = Extract<FromModel, { type: Type }>;

export class ModelProcess {
  readonly url: string;
  readonly #child: Child;
  readonly #heard: FromModel[] = [];
  #wake: () => void = () => undefined;

  private constructor(child: Child) {
    this.#child = child;
    this.url = `http://127.0.0.1:${child.port}`;
    child.onMessage((message) => {
      this.#heard.push(message as FromModel);
      this.#wake();
    });
  }

  static async start(): Promise<ModelProcess> {
    return new ModelProcess(await startChild('fake-model-process.ts'));
  }

  async behave(behaviour: Behaviour, tell: Telling = 'nothing'): Promise<void> {
    this.#send({ type: 'behave', behaviour, tell });
    await this.next('behaving');
  }

  /** What was told and nobody took. */
  forget(): void {
    this.#heard.length = 0;
  }

  async countOpen(): Promise<number> {
    this.#send({ type: 'countOpen' });
    return (await this.next('open')).count;
  }

  /** The next message of that type, and where it is told of those words; past ones that nobody took included. For one waiter at a time. */
  async next<Type extends FromModel['type']>(type: Type, content?: string): Promise<Message<Type>> {
    const isWanted = (message: FromModel): boolean =>
      message.type === type &&
      (content === undefined || ('content' in message && message.content === content));
    for (;;) {
      const at = this.#heard.findIndex(isWanted);
      if (at >= 0) return this.#heard.splice(at, 1)[0] as Message<Type>;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  stop(): Promise<void> {
    return this.#child.stop();
  }

  #send(message: ToModel): void {
    this.#child.send(message);
  }
}

export interface Parts {
  model: ModelProcess;
  server: Child;
  relay: Child;
  /** Opens a kept connection of each kind. */
  direct(): TurnClient;
  toServer(): Promise<SocketClient>;
  toRelay(): Promise<SocketClient>;
  /** The request to the model, byte for byte as the server makes it. */
  body: string;
  /** Of Chat Completions. */
  modelUrl: string;
  serverUrl: string;
  stop(): Promise<void>;
}

export interface ServerOptions {
  code: ServerCode;
  /** More of its environment. */
  settings?: Record<string, string>;
  /** A fault to plant: a module from this folder that is loaded before the server's own code. */
  preload?: string | undefined;
}

/** In front of that model. */
export function startServer(
  model: ModelProcess,
  { code, settings = {}, preload }: ServerOptions,
): Promise<Child> {
  const env = {
    PORT: '0',
    LLM_BACKEND: 'openai',
    LLM_MODEL: 'fake-model',
    OPENAI_BASE_URL: `${model.url}/v1`,
    LOG_LEVEL: 'warn',
    ...settings,
  };
  return startChild(serverScript(code), { env, preload });
}

export async function startParts(options: ServerOptions): Promise<Parts> {
  const model = await ModelProcess.start();
  const server = await startServer(model, options);
  const serverUrl = `ws://127.0.0.1:${server.port}/`;
  const body = await bodyOf(model, serverUrl);
  const modelUrl = `${model.url}/v1/chat/completions`;
  const system = (body['messages'] as { content: string }[])[0]?.content ?? '';
  const relay = await startChild('bare-relay.mjs', {
    env: { MODEL_URL: modelUrl, SYSTEM_PROMPT: system },
  });
  return {
    model,
    server,
    relay,
    body: JSON.stringify(body),
    modelUrl,
    serverUrl,
    direct: () => new DirectClient(modelUrl, JSON.stringify(body)),
    toServer: () => SocketClient.open(serverUrl),
    toRelay: () => SocketClient.open(`ws://127.0.0.1:${relay.port}/`, []),
    async stop() {
      await Promise.all([server.stop(), relay.stop(), model.stop()]);
    },
  };
}

async function bodyOf(model: ModelProcess, serverUrl: string): Promise<Record<string, unknown>> {
  await model.behave({ tokens: ['word'] }, 'bodies');
  const client = await SocketClient.open(serverUrl);
  await client.turn().ended;
  const { body } = await model.next('body');
  client.close();
  return body;
}
