/**
 * Owns a speech recognition service that speaks Deepgram's streaming protocol and really recognises what is said, as long
 * as it is one of the sentences it was told or a decoy. Knows nothing of who listens.
 */
import type { IncomingMessage } from 'node:http';
import type { WebSocket } from 'ws';
import { recognise, recogniserSampleRate } from '../../real/parts/speech.ts';
import { speechGrammar } from '../../real/parts/speech-grammar.ts';
import { StandInServer, toBuffer, type Refusal } from '../../real/parts/stand-in-server.ts';
import { ListeningSession, type HeardUtterance } from './listening-session.ts';

/** What the stand-in is told. */
export interface DeepgramStandInOptions {
  /** The sentences that are going to be said, as they are to be transcribed. Decoys are added. */
  sentences: readonly string[];
  /** Set: whatever is said is this, without looking: for whoever measures time. */
  everything?: string;
  /** Default: a free one. */
  port?: number;
  /** Silence that ends an utterance. Default 400. */
  endOfSpeechMs?: number;
}

/**
 * Starts the stand-in: give its `url` to the plugin as `baseUrl`, and any key.
 * @throws Error where a sentence has a word that the recogniser does not know.
 */
export async function startDeepgramStandIn(options: DeepgramStandInOptions): Promise<DeepgramStandIn> {
  const { everything } = options;
  if (everything !== undefined) return DeepgramStandIn.start(async () => everything, options);
  const grammar = await speechGrammar(options.sentences);
  return DeepgramStandIn.start((pcm) => recognise(pcm, grammar), options);
}

type Recognise = (pcm: Buffer) => Promise<string | undefined>;

export class DeepgramStandIn extends StandInServer {
  /** Every utterance that ended, in order, whoever said it. */
  readonly utterances: HeardUtterance[] = [];
  /** Messages of text received so far, by their type (KeepAlive, Finalize, CloseStream). */
  readonly messages = new Map<string, number>();
  /** The query of the newest socket. */
  query = new URLSearchParams();
  readonly #recognise: Recognise;
  readonly #endOfSpeechMs: number;

  private constructor(recognising: Recognise, endOfSpeechMs: number) {
    super('/v1/listen');
    this.#recognise = recognising;
    this.#endOfSpeechMs = endOfSpeechMs;
  }

  static async start(recognising: Recognise, options: DeepgramStandInOptions): Promise<DeepgramStandIn> {
    const standIn = new DeepgramStandIn(recognising, options.endOfSpeechMs ?? 400);
    await standIn.listen(options.port ?? 0);
    return standIn;
  }

  /** `ws://127.0.0.1:<port>` */
  get url(): string {
    return `ws://127.0.0.1:${this.port}`;
  }

  protected override refusal(request: IncomingMessage, url: URL): Refusal | undefined {
    if (!/^Token \S+$/.test(request.headers.authorization ?? '')) {
      return { status: 401, text: 'Authorization: Token <key> is missing' };
    }
    const expected = { encoding: 'linear16', sample_rate: String(recogniserSampleRate), channels: '1' };
    for (const [name, value] of Object.entries(expected)) {
      if (url.searchParams.get(name) !== value) return { status: 400, text: `${name} must be ${value}` };
    }
    return undefined;
  }

  protected override serve(socket: WebSocket, url: URL): void {
    this.query = url.searchParams;
    const session = new ListeningSession({
      recognise: this.#recognise,
      endOfSpeechMs: this.#endOfSpeechMs,
      send: (message) => socket.send(JSON.stringify(message)),
      onUtterance: (utterance) => this.utterances.push(utterance),
      onFailure: (error) => socket.close(1011, error.message.slice(0, 100)),
    });
    socket.on('close', () => session.end());
    socket.on('message', (data, isBinary) => {
      const bytes = toBuffer(data);
      if (isBinary) session.hear(bytes);
      else this.#obey(typeOf(bytes.toString()), session, socket);
    });
  }

  #obey(type: string, session: ListeningSession, socket: WebSocket): void {
    this.messages.set(type, (this.messages.get(type) ?? 0) + 1);
    if (type === 'Finalize') session.finalize();
    if (type === 'CloseStream') void session.finish().then(() => socket.close(1000));
  }
}

function typeOf(text: string): string {
  try {
    const message: unknown = JSON.parse(text);
    const isTyped = typeof message === 'object' && message !== null && 'type' in message;
    return isTyped ? String(message.type) : 'unknown';
  } catch {
    return 'unknown';
  }
}
