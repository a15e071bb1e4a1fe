/**
 * A model server that does what it is told: OpenAI Chat Completions, OpenAI Responses (HTTP and WebSocket) and Ollama on one real
 * HTTP server, exact pacing, every failure. Counts what is open and notes when each request was closed, and by whom.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { text as readText } from 'node:stream/consumers';
import { type Behaviour, defaultBehaviour, type Failure } from './behaviour.ts';
import { chatCompletionsFormat } from './chat-completions.ts';
import { Connections } from './connections.ts';
import { type ContextWindow, countTokens, refusals } from './context-window.ts';
import { HttpChannel } from './http-channel.ts';
import { answerJson, parseJsonObject } from './json-body.ts';
import { ollamaChatFormat } from './ollama-chat.ts';
import { OllamaModels } from './ollama-models.ts';
import { playReply } from './play-reply.ts';
import { previousResponseNotFound, toRefusal } from './refusal.ts';
import type { ReplyChannel } from './reply-channel.ts';
import type { ReplyFormat } from './reply-format.ts';
import { RequestLog, type SeenRequest } from './request-log.ts';
import { ResponsesMemory } from './responses-memory.ts';
import { openResponsesSocket, refuseHandshake } from './responses-socket.ts';
import { ResponsesReply, socketEncoding, sseEncoding } from './responses.ts';

export type { SeenRequest } from './request-log.ts';

type Dialect = SeenRequest['dialect'];

const paths: Record<string, Dialect> = {
  '/v1/chat/completions': 'openai',
  '/v1/responses': 'responses',
  '/api/chat': 'ollama',
};

/** A request that has come, and where its reply goes. */
interface Arrival {
  dialect: Dialect;
  transport: SeenRequest['transport'];
  socket: Socket;
  body: Record<string, unknown>;
  channel: ReplyChannel;
  memory: ResponsesMemory;
  /** On a WebSocket, one reply at a time: when its turn comes. */
  turn?: Promise<unknown>;
}

export class FakeModel {
  /** What the next requests get, first come first served; then `fallback` for all others. */
  readonly script: Behaviour[] = [];
  fallback: Behaviour = defaultBehaviour;
  readonly models = ['fake-model', 'other-model'];
  /** True: a request for any other model is refused. */
  knowsItsModels = false;
  /** Where it is set, prompts are counted, and those that are longer are refused. */
  context: ContextWindow | undefined;
  /** What Ollama does with its models beside letting them chat. */
  readonly ollama = new OllamaModels({ names: this.models, contextTokens: () => this.context?.tokens });
  /** Refuses every WebSocket with this status at its handshake, as OpenAI does without a key. */
  handshakeFailure: Extract<Failure, { type: 'status' }> | undefined;
  readonly #server: Server;
  readonly #connections: Connections;
  readonly #log = new RequestLog();
  readonly #stored = new Set<string>();
  readonly #channels = new Set<ReplyChannel>();
  #port = 0;
  #responses = 0;

  private constructor(server: Server) {
    this.#server = server;
    this.#connections = new Connections(server);
    server.on('request', (request, response) => void this.#answer(request, response));
    server.on('upgrade', (request, socket: Socket, head) => this.#upgrade(request, socket, head));
  }

  static async start(port = 0): Promise<FakeModel> {
    const model = new FakeModel(createServer());
    await model.#listen(port);
    return model;
  }

  get port(): number {
    return this.#port;
  }

  /** For `OLLAMA_HOST`. */
  get ollamaHost(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** For `OPENAI_BASE_URL`. */
  get openAIBaseUrl(): string {
    return `${this.ollamaHost}/v1`;
  }

  get requests(): SeenRequest[] {
    return this.#log.requests;
  }

  /** TCP connections that were ever made. */
  get connections(): number {
    return this.#connections.made;
  }

  /** Requests that are open now. */
  get open(): number {
    return this.#log.open;
  }

  /** The most that ever were open at once. */
  get mostOpen(): number {
    return this.#log.mostOpen;
  }

  /** The request number `index`, when it has arrived. */
  request(index: number): Promise<SeenRequest> {
    return this.#log.at(index);
  }

  /** No request can go on from what was answered so far. */
  forgetResponses(): void {
    this.#stored.clear();
  }

  /** Refuses connections from now on and ends those that nothing uses; replies that are open go on. */
  stopListening(): void {
    this.#server.close();
    this.#connections.refusing = true;
  }

  /** On the same port. */
  async listenAgain(): Promise<void> {
    this.#connections.refusing = false;
    await this.#listen(this.#port);
  }

  /** Ends everything, open replies included. */
  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const channel of this.#channels) channel.reset();
    this.#connections.destroy();
    await closed;
  }

  async #listen(port: number): Promise<void> {
    this.#server.listen(port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = request.url ?? '';
    if (url === '/api/tags')
      return answerJson(response, 200, {
        models: this.models.map((name) => ({ name, model: name, size: 1_000 })),
      });
    if (url === '/v1/models')
      return answerJson(response, 200, { object: 'list', data: this.models.map((id) => ({ id })) });
    if (this.ollama.answer(request, response)) return;
    const dialect = paths[url];
    if (dialect === undefined) return answerJson(response, 404, { error: `no such path: ${url}` });
    // Before the body is read, so that it cannot miss the end of the connection.
    const channel = new HttpChannel(response);
    const body = parseJsonObject(await readText(request).catch(() => ''));
    if (channel.signal.aborted) return;
    if (body === undefined) return answerJson(response, 400, { error: 'the body is not a JSON object' });
    const memory = new ResponsesMemory(this.#stored);
    this.#reply({ dialect, transport: 'http', socket: request.socket, body, channel, memory });
  }

  #upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    const { pathname } = new URL(request.url ?? '', this.ollamaHost);
    if (paths[pathname] !== 'responses') return refuseHandshake(socket, { type: 'status', status: 404 });
    if (this.handshakeFailure !== undefined) return refuseHandshake(socket, this.handshakeFailure);
    const memory = new ResponsesMemory(this.#stored);
    openResponsesSocket(request, socket, head, (arrival) =>
      this.#reply({ dialect: 'responses', transport: 'websocket', socket, memory, ...arrival }),
    );
  }

  #reply(arrival: Arrival): void {
    const { dialect, transport, body, channel } = arrival;
    const seen: SeenRequest = {
      dialect,
      transport,
      body: body as SeenRequest['body'],
      arrivedAt: performance.now(),
      sent: 0,
      sentAt: [],
      closed: channel.closed,
    };
    this.#channels.add(channel);
    channel.signal.addEventListener('abort', () => this.#channels.delete(channel), { once: true });
    this.#connections.use(arrival.socket, channel.signal);
    this.#log.add(seen, channel.signal);
    void this.#play(arrival, seen).catch((error: unknown) => {
      if (!channel.signal.aborted) throw error;
    });
  }

  async #play(arrival: Arrival, seen: SeenRequest): Promise<void> {
    const { body, channel, memory, turn } = arrival;
    if (turn !== undefined) await turn;
    if (channel.signal.aborted) return;
    const startedAt = turn === undefined ? seen.arrivedAt : performance.now();
    const previous = body['previous_response_id'];
    if (arrival.dialect === 'responses' && !memory.knows(previous)) {
      return channel.refuse(toRefusal(seen, previousResponseNotFound(previous)));
    }
    const refused = this.#refusal(arrival);
    if (refused !== undefined) return channel.refuse(toRefusal(seen, refused));
    // Warming up takes nothing from the script.
    const scripted = body['generate'] === false ? { tokens: [] } : (this.script.shift() ?? this.fallback);
    const behaviour =
      this.context === undefined ? scripted : { ...scripted, promptTokens: countTokens(body) };
    if (behaviour.failure?.type === 'status') return channel.refuse(toRefusal(seen, behaviour.failure));
    this.#responses += 1;
    const id = `resp_${this.#responses}`;
    const format = formatOf(arrival, id);
    const onToken = (): void => {
      seen.sent += 1;
      seen.sentAt.push(performance.now());
    };
    if (await playReply({ behaviour, format, channel, startedAt, onToken })) memory.add(id, body);
  }

  /** Whether the model is one of its own, and the prompt fits it. */
  #refusal({ dialect, body }: Arrival): Extract<Failure, { type: 'status' }> | undefined {
    const model = String(body['model']);
    if (this.knowsItsModels && !this.models.includes(model)) {
      const message =
        dialect === 'ollama' ? `model '${model}' not found` : `The model ${model} does not exist`;
      return { type: 'status', status: 404, message, code: 'model_not_found' };
    }
    if (this.context === undefined) return undefined;
    const { tokens: limit, words = 'openai' } = this.context;
    const used = countTokens(body);
    if (used <= limit) return undefined;
    return { type: 'status', ...refusals[dialect === 'ollama' ? 'Ollama' : words](used, limit) };
  }
}

function formatOf({ dialect, transport, body }: Arrival, id: string): ReplyFormat {
  switch (dialect) {
    case 'openai':
      return chatCompletionsFormat;
    case 'ollama':
      return ollamaChatFormat;
    case 'responses':
      return new ResponsesReply(id, body, transport === 'http' ? sseEncoding : socketEncoding);
  }
}
