/**
 * One client in one world: plays its script step by step, keeps in mind what each strike excuses, and holds the client to the law:
 * every request ends once and for a reason, no id comes twice, what is lost comes back by itself, and nothing is left at the end.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { type Channel, type ChatRequest, Connection, type ConnectionState } from '@ws-llm/client';
import { WebSocket } from 'ws';
import type { Fault } from './faults.ts';
import { LawBroken } from './law-broken.ts';
import { News } from './news.ts';
import { models, patientMs, type Script, type Step } from './script.ts';
import { type Excuse, TrackedRequest } from './tracked-request.ts';
import type { World } from './world.ts';

const longestPauseMs = 5;
const words: ChatRequest = { messages: [{ role: 'user', content: 'Tell me about sleep.' }] };
/** A server answers it at once, and has read all that came before it by then. */
const mistake: ChatRequest = { ...words, params: { temperature: 99 } };

export class LawSession {
  /** How often each kind of step, and of end, was seen. */
  readonly seen = new Map<string, number>();
  readonly #script: Script;
  readonly #world: World;
  readonly #fault: Fault;
  readonly #news: News;
  readonly #connection: Connection;
  readonly #states: ConnectionState[] = [];
  readonly #sockets: WebSocket[] = [];
  readonly #transcript: string[] = [];
  readonly #openedAt = performance.now();
  readonly #requests: [TrackedRequest, Channel][] = [];
  /** Which socket a channel has, by its number from 1. */
  readonly #socketOf = new Map<Channel, number>();
  #lastOpened = 0;
  /** What may become of requests that are sent on a socket whose server, or line, is not what it was. */
  readonly #doomed = new Map<number, Excuse[]>();

  constructor(script: Script, world: World, fault: Fault, quietMs: number) {
    this.#script = script;
    this.#world = world;
    this.#fault = fault;
    this.#news = new News(quietMs);
    this.#connection = new Connection({
      url: world.line.url,
      backOffMs: { first: 1, max: longestPauseMs },
      // A line may go dead in the middle of a handshake as well.
      connectTimeoutMs: script.kind === 'dead' ? 300 : 3_000,
      open: (url, protocols) => this.#openSocket(url, protocols),
      onState: (state) => {
        this.#states.push(state);
        if (state.type === 'open') this.#socketOf.set(state.channel, this.#lastOpened);
        this.#note(`is ${state.type}`);
        this.#news.poke();
      },
      events: { ready: () => this.#news.poke() },
      ...fault.options,
    });
  }

  /** @throws LawBroken */
  async play(): Promise<void> {
    const { steps, kind } = this.#script;
    try {
      // Where the first attempt fails, the next one comes by itself.
      await this.#connection.open().catch(() => this.#isOpen());
      for (const step of steps) {
        this.#count(step.type);
        this.#note(JSON.stringify(step));
        await this.#take(step);
      }
      await this.#settle();
      for (const [request] of this.#requests) {
        request.check();
        this.#count(`${request.what} ${request.how}`);
      }
      this.#checkIds();
      if (kind === 'calm') this.#checkCalm();
      await this.#leave();
    } catch (error) {
      if (error instanceof LawBroken) error.message += `\n${this.#transcript.join('\n')}`;
      throw error;
    } finally {
      this.#connection.close();
      for (const socket of this.#sockets) socket.terminate();
    }
  }

  async #take(step: Step): Promise<void> {
    switch (step.type) {
      case 'chat':
        return this.#chat(step);
      case 'warm':
        return this.#warm();
      case 'reset':
        return this.#reset();
      case 'cancel': {
        const request = this.#newest(step.back);
        request?.excuse('cancelled');
        return request?.cancel();
      }
      case 'await': {
        const request = this.#newest(step.back);
        return request && this.#ended(request);
      }
      case 'pause':
        await pause(step.ms);
        return;
      case 'cut':
        this.#strike(['lost'], ['lost'], 'all');
        return this.#world.line.cut();
      case 'freeze':
        this.#strike(['lost'], ['lost'], 'all');
        return this.#world.line.freeze();
      case 'roll':
        await this.#arrived();
        if (!step.hurried) await pause(2 * longestPauseMs);
        this.#serverCloses(step.graceMs);
        return this.#world.roll(step.graceMs);
      case 'restart':
        await this.#arrived();
        this.#serverCloses(step.graceMs);
        this.#world.stop(step.graceMs);
        await pause(step.awayMs);
        return this.#world.start();
      case 'leave': {
        const { channel } = this.#connection;
        for (const [request, on] of this.#requests) if (on === channel) request.excuse('lost');
        return channel?.close();
      }
    }
  }

  async #chat({ place, model, asks }: Extract<Step, { type: 'chat' }>): Promise<void> {
    const connection = this.#connection;
    const channel = asks ? await connection.open().catch(() => undefined) : connection.channel;
    if (channel === undefined || !channel.open) return;
    this.#world.model.script.push(models[model]);
    const request = this.#track('chat', place, channel);
    const asked = place === 'alone' ? { ...words, mirror: { keep: 0 } } : words;
    const sink = this.#fault.sink?.(request) ?? request;
    const reply = lawfully(() => channel.chat(this.#fault.request?.(asked) ?? asked, sink));
    request.id = reply.id;
    request.cancel = () => reply.cancel();
  }

  #warm(): void {
    const { channel } = this.#connection;
    if (channel === undefined) return;
    const warming = channel.warm(words);
    if (warming === undefined) throw new LawBroken('a server that offers to warm is asked', 'it was not');
    const request = this.#track('warm', 'alone', channel);
    request.id = warming.id;
    request.cancel = () => warming.cancel();
    void warming.ended.then((end) => request.end(end));
  }

  #reset(): void {
    const { channel } = this.#connection;
    if (channel === undefined) return;
    for (const [request, on] of this.#requests) {
      if (on === channel && request.place === 'thread') request.excuse('cancelled');
    }
    const request = this.#track('reset', 'alone', channel);
    const lost = (error: unknown): void =>
      request.end({ type: 'lost', closeCode: 0, message: String(error), retryable: true });
    channel.reset().then(() => request.end({ type: 'done' }), lost);
  }

  #track(what: TrackedRequest['what'], place: TrackedRequest['place'], channel: Channel): TrackedRequest {
    const request = new TrackedRequest(what, place, () => this.#news.poke());
    request.excuse(
      ...(this.#doomed.get(this.#socketOf.get(channel) ?? 0) ?? []),
      ...(this.#script.kind === 'dead' ? (['lost'] as const) : []),
    );
    this.#requests.push([request, channel]);
    return request;
  }

  #newest(back: number): TrackedRequest | undefined {
    return this.#requests.at(-1 - back)?.[0];
  }

  /** A strike hits what is open now, and what is sent before the client has noticed. */
  #strike(open: Excuse[], later: Excuse[], whom: 'all' | 'present'): void {
    const { channel: present } = this.#connection;
    for (const [request, on] of this.#requests) if (whom === 'all' || on === present) request.excuse(...open);
    const struck = present === undefined ? [] : [this.#socketOf.get(present) ?? 0];
    for (const socket of whom === 'all' ? this.#sockets.keys() : struck.map((number) => number - 1)) {
      this.#doomed.set(socket + 1, [...(this.#doomed.get(socket + 1) ?? []), ...later]);
    }
  }

  #serverCloses(graceMs: number): void {
    const open: Excuse[] = graceMs < patientMs ? ['cancelled'] : [];
    this.#strike(open, [...open, 'overloaded', 'lost'], 'present');
  }

  /** The server has read all that was sent to it, and there is one: whatever is open now is its to end. */
  async #arrived(): Promise<void> {
    for (;;) {
      await this.#isOpen();
      const { channel } = this.#connection;
      if (channel === undefined) continue;
      let end: string | undefined;
      channel.chat(mistake, {
        part: () => {},
        end: ({ type }) => {
          end = type;
          this.#news.poke();
        },
      });
      const has = (): boolean => end !== undefined;
      await this.#news.until(has, 'every request ends', () => 'one with a mistake did not');
      if (end === 'failed' && !channel.closing) return;
    }
  }

  #isOpen(): Promise<void> {
    return this.#news.until(
      () => this.#connection.channel !== undefined,
      'what is lost comes back by itself',
      () => this.#connection.state.type,
    );
  }

  async #ended(request: TrackedRequest): Promise<void> {
    const due = (): string => `${request.what} ${request.id} did not`;
    await this.#news.until(() => !request.open, 'every request ends', due);
  }

  async #settle(): Promise<void> {
    for (const [request] of this.#requests) await this.#ended(request);
    await this.#arrived();
  }

  #checkIds(): void {
    const ids = this.#requests.flatMap(([{ id }]) => (id === '' ? [] : [id]));
    const twice = ids.filter((id, index) => ids.indexOf(id) !== index);
    if (twice.length > 0) throw new LawBroken('no id comes twice', twice.join(' '));
  }

  #checkCalm(): void {
    const [first, ...later] = this.#states.map(({ type }) => type);
    const isCalm = first === 'connecting' && later.every((type) => type === 'open');
    if (!isCalm) throw new LawBroken('a server that follows another is not noticed', 'it was');
  }

  /** Closes, and waits for what should have gone by then. */
  async #leave(): Promise<void> {
    this.#connection.close();
    const open = (): WebSocket[] => this.#sockets.filter(({ readyState }) => readyState !== WebSocket.CLOSED);
    await this.#news.until(
      () => open().length === 0,
      'no socket is left at the end',
      () => `${open().length} of ${this.#sockets.length}`,
    );
  }

  #openSocket(url: string, protocols: string[]): ReturnType<NonNullable<Fault['socket']>> {
    const socket = new WebSocket(url, protocols);
    const number = this.#sockets.push(socket);
    socket.on('open', () => (this.#lastOpened = number));
    socket.on('message', (data: Buffer) => this.#note(`${number} < ${data.toString('utf8').slice(0, 120)}`));
    socket.on('close', (code) => {
      this.#note(`${number} closed ${code}`);
      this.#news.poke();
    });
    const send = socket.send.bind(socket);
    socket.send = (text: string) => {
      this.#note(`${number} > ${text}`);
      send(text);
    };
    return this.#fault.socket?.(socket) ?? socket;
  }

  #note(what: string): void {
    this.#transcript.push(`${(performance.now() - this.#openedAt).toFixed(1).padStart(7)} ${what}`);
  }

  #count(what: string): void {
    this.seen.set(what, (this.seen.get(what) ?? 0) + 1);
  }
}

function lawfully<T>(send: () => T): T {
  try {
    return send();
  } catch (error) {
    throw new LawBroken('an open channel takes requests', String(error));
  }
}
