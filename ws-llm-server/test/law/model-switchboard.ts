/**
 * The backend that the server under test is given: the real one of its dialect, put through to a fake model that nobody else uses for
 * the time. So each request meets its own behaviour, however many run at once. Notes what the server asked and what the model saw.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { FakeModel, type SeenRequest } from '../../../test/stand-ins/model/fake-model.ts';
import type { Backend, BackendListener, BackendRequest, BackendWarmth } from '../../src/backend.ts';
import { withIdleWarming } from '../../src/backends/idle-warming.ts';
import { OllamaBackend } from '../../src/backends/ollama-backend.ts';
import { OpenAIBackend } from '../../src/backends/openai-backend.ts';
import { awakeMs } from './awake-clock.ts';
import { findClosedPort } from './find-closed-port.ts';
import { behaviourOf, type ReplyPlan } from './reply-plan.ts';

export type ModelDialect = 'ollama' | 'openai';

interface SeenByModel {
  readonly messages: readonly { role: string; content: unknown }[];
  /** Their names. */
  readonly tools: readonly string[];
  /** By the awake clock; undefined while it is open. */
  closedAt: number | undefined;
}

/** What is known on the model's side of one request of a client. */
export interface ModelSide {
  readonly plan: ReplyPlan;
  /** When the server asked, each attempt; in milliseconds of `performance.now`. */
  readonly askedAt: number[];
  /** By the awake clock. */
  lastAskedAt: number;
  /** What reached the model, as it came. */
  readonly seen: SeenByModel[];
  /** Attempts that the server has not let go of. */
  running: number;
  /** Whether the server had the model warmed although a reply of the same case ran. */
  hasIntruded: boolean;
}

/** What the requests of one case share. */
interface CaseModel {
  backend: Backend;
  /** Its replies that run, and how often their models had been asked before. */
  talking: Map<AbortSignal, { side: ModelSide; seenBefore: number }>;
}

interface Line {
  fake: FakeModel;
  backend: Backend;
  /** Ends of the requests that are open. */
  closings: Set<SeenRequest['closed']>;
}

export class ModelSwitchboard implements Backend {
  readonly name: ModelDialect;
  readonly model = 'fake-model';
  readonly #sides = new Map<string, ModelSide & { notify: () => void }>();
  readonly #cases = new Map<string, CaseModel>();
  readonly #lines: Line[] = [];
  readonly #free: Line[] = [];
  readonly #nowhere: Backend;

  private constructor(name: ModelDialect, nowhere: number) {
    this.name = name;
    this.#nowhere = backendAt(name, nowhere);
  }

  static async open(name: ModelDialect): Promise<ModelSwitchboard> {
    return new ModelSwitchboard(name, await findClosedPort());
  }

  /** Requests that are open at the models now. */
  get openRequests(): number {
    return this.#lines.reduce((sum, { fake }) => sum + fake.open, 0);
  }

  /** Requests whose last message carries `[key]` get `plan`; `notify` is called at each news of them. */
  plan(key: string, plan: ReplyPlan, notify: () => void): ModelSide {
    const side = { plan, askedAt: [], lastAskedAt: 0, seen: [], running: 0, hasIntruded: false, notify };
    this.#sides.set(key, side);
    return side;
  }

  forget(keys: readonly string[]): void {
    for (const key of keys) {
      this.#sides.delete(key);
      this.#cases.delete(caseOf(key));
    }
  }

  reply(request: BackendRequest, listener: BackendListener): Promise<void> {
    return this.#caseOf(request).backend.reply(request, listener);
  }

  warm(request: BackendRequest, options: { signal: AbortSignal }): Promise<BackendWarmth> {
    return this.#caseOf(request).backend.warm?.(request, options) ?? Promise.resolve({});
  }

  /** Without a look at whether the model is idle. */
  warmAtOnce(request: BackendRequest, options: { signal: AbortSignal }): Promise<BackendWarmth> {
    return this.#warm(request, options, this.#caseOf(request).talking);
  }

  /** Each case has a model of its own to be idle or busy. */
  #caseOf({ messages }: BackendRequest): CaseModel {
    const name = caseOf(keyOf(messages));
    const known = this.#cases.get(name);
    if (known !== undefined) return known;
    const talking: CaseModel['talking'] = new Map();
    const inner: Backend = {
      name: this.name,
      model: this.model,
      reply: (request, listener) => this.#reply(request, listener, talking),
      warm: (request, options) => this.#warm(request, options, talking),
    };
    const made = { backend: withIdleWarming(inner), talking };
    this.#cases.set(name, made);
    return made;
  }

  async #reply(
    request: BackendRequest,
    listener: BackendListener,
    talking: CaseModel['talking'],
  ): Promise<void> {
    const { signal } = listener;
    const call = await this.#putThrough(request);
    talking.set(signal, { side: call.side, seenBefore: call.side.seen.length });
    try {
      await call.backend.reply(request, listener);
    } finally {
      talking.delete(signal);
      call.end();
    }
  }

  async #warm(
    request: BackendRequest,
    { signal }: { signal: AbortSignal },
    talking: CaseModel['talking'],
  ): Promise<BackendWarmth> {
    // One whose request is still on its way may have begun in the moment after the model was idle.
    const intrudes = [...talking].some(
      ([reply, { side, seenBefore }]) => !reply.aborted && side.seen.length > seenBefore,
    );
    const call = await this.#putThrough(request);
    call.side.hasIntruded ||= intrudes;
    try {
      return (await call.backend.warm?.(request, { signal })) ?? {};
    } finally {
      call.end();
    }
  }

  /** To a model that nobody else uses until `end`. */
  async #putThrough(
    request: BackendRequest,
  ): Promise<{ backend: Backend; side: ModelSide; end: () => void }> {
    const key = keyOf(request.messages);
    const side = this.#sides.get(key);
    // Of a case that has ended.
    if (side === undefined) throw new Error(`nobody planned a reply to ${key}`);
    side.askedAt.push(performance.now());
    side.lastAskedAt = awakeMs();
    side.running += 1;
    side.notify();
    const behaviour = behaviourOf(key, side.plan, side.askedAt.length);
    const line = behaviour === undefined ? undefined : (this.#free.pop() ?? (await this.#addLine()));
    if (line !== undefined && behaviour !== undefined) line.fake.fallback = behaviour;
    const end = (): void => {
      if (line !== undefined) void this.#release(line);
      side.running -= 1;
      side.notify();
    };
    return { backend: line?.backend ?? this.#nowhere, side, end };
  }

  /** Ends the models, once no server asks them any more. */
  async stop(): Promise<void> {
    await Promise.all(this.#lines.map(({ fake }) => fake.close()));
  }

  async #addLine(): Promise<Line> {
    const fake = await FakeModel.start();
    const line: Line = { fake, backend: backendAt(this.name, fake.port), closings: new Set() };
    this.#lines.push(line);
    void this.#note(line);
    return line;
  }

  async #note({ fake, closings }: Line): Promise<void> {
    for (;;) {
      const { body, closed } = await fake.request(0);
      fake.requests.shift();
      const side = this.#sides.get(keyOf(body.messages));
      const seen: SeenByModel = {
        messages: body.messages,
        tools: toolNamesOf(body),
        closedAt: undefined,
      };
      side?.seen.push(seen);
      side?.notify();
      closings.add(closed);
      void closed.then(() => {
        closings.delete(closed);
        seen.closedAt = awakeMs();
        side?.notify();
      });
    }
  }

  /** A model still hears of an end after the server does. */
  async #release(line: Line): Promise<void> {
    while (line.fake.open > 0) {
      await Promise.all(line.closings);
      await nextTurn();
    }
    this.#free.push(line);
  }
}

function backendAt(name: ModelDialect, port: number): Backend {
  const address = `http://127.0.0.1:${port}`;
  return name === 'ollama'
    ? new OllamaBackend({ host: address, model: 'fake-model' })
    : new OpenAIBackend({ apiKey: '', baseUrl: `${address}/v1`, model: 'fake-model' });
}

function caseOf(key: string): string {
  return key.replace(/\..*/, '');
}

function keyOf(messages: readonly { role: string; content: unknown }[]): string {
  const last = messages.findLast(({ role }) => role === 'user')?.content;
  return /\[(.+?)\]/.exec(typeof last === 'string' ? last : '')?.[1] ?? '';
}

function toolNamesOf(body: Record<string, unknown>): string[] {
  const { tools = [] } = body as { tools?: readonly { function: { name: string } }[] };
  return tools.map(({ function: { name } }) => name);
}
