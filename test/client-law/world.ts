/** One model, and the persona server in front of it, which may be replaced by another one at any time, as deployments do. */
import type { Limits } from '@ws-llm/protocol';
import { createPersonaServer, OpenAIBackend, type PersonaServer } from 'ws-llm-server';
import { FakeModel } from '../stand-ins/model/fake-model.ts';
import { Line } from './line.ts';
import { models } from './script.ts';

export class World {
  readonly model: FakeModel;
  readonly line: Line;
  readonly #limits: Partial<Limits>;
  #server: PersonaServer | undefined;
  readonly #stopping: Promise<void>[] = [];

  private constructor(model: FakeModel, line: Line, limits: Partial<Limits>) {
    this.model = model;
    this.line = line;
    this.#limits = limits;
  }

  static async open(limits: Partial<Limits>): Promise<World> {
    const world = new World(await FakeModel.start(), await Line.open(), limits);
    world.model.fallback = models.quick;
    await world.start();
    return world;
  }

  /** Another server takes what comes from now on. */
  async start(): Promise<void> {
    const { model } = this;
    this.#server = createPersonaServer({
      backend: new OpenAIBackend({ apiKey: '', baseUrl: model.openAIBaseUrl, model: 'fake-model' }),
      persona: {
        card: { name: 'law', title: 'Law', suggestions: [] },
        prompt: 'You are a test.',
        params: {},
      },
      page: '<!doctype html><title>law</title>',
      turnLimits: { turns: 20, chars: 12_000 },
      limits: this.#limits,
    });
    this.line.target = (await this.#server.listen(0, '127.0.0.1')).port;
  }

  /** Another server is there before this one says that it closes. */
  async roll(graceMs: number): Promise<void> {
    const old = this.#server;
    await this.start();
    this.#stop(old, graceMs);
  }

  /** This one says that it closes; the next one comes later. */
  stop(graceMs: number): void {
    this.line.target = undefined;
    this.#stop(this.#server, graceMs);
    this.#server = undefined;
  }

  async close(): Promise<void> {
    this.#stop(this.#server, 0);
    await Promise.all(this.#stopping);
    await this.line.close();
    await this.model.close();
  }

  #stop(server: PersonaServer | undefined, graceMs: number): void {
    if (server !== undefined) this.#stopping.push(server.close(graceMs));
  }
}
