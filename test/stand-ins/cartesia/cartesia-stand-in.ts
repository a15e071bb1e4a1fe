/**
 * Owns a speech synthesis service that speaks Cartesia's WebSocket protocol and really speaks, with espeak's voice.
 * Knows nothing of who listens.
 */
import type { IncomingMessage } from 'node:http';
import type { WebSocket } from 'ws';
import { StandInServer, toBuffer, type Refusal } from '../../real/parts/stand-in-server.ts';
import { parseGenerationRequest } from './generation-request.ts';
import { SpeakingSession, type SpokenTranscript } from './speaking-session.ts';

/** What the stand-in is told. */
export interface CartesiaStandInOptions {
  /** Default: a free one. */
  port?: number;
  /** How much faster than real time speech is sent. Default 4. */
  speed?: number;
}

/** Starts the stand-in: give its `url` to the plugin as `baseUrl`, and any key. */
export function startCartesiaStandIn(options: CartesiaStandInOptions = {}): Promise<CartesiaStandIn> {
  return CartesiaStandIn.start(options);
}

export class CartesiaStandIn extends StandInServer {
  /** Every transcript with words that was asked for, in order, on whichever socket. */
  readonly spoken: SpokenTranscript[] = [];
  readonly #speed: number;

  private constructor(speed: number) {
    super('/tts/websocket');
    this.#speed = speed;
  }

  static async start(options: CartesiaStandInOptions): Promise<CartesiaStandIn> {
    const standIn = new CartesiaStandIn(options.speed ?? 4);
    await standIn.listen(options.port ?? 0);
    return standIn;
  }

  /** `http://127.0.0.1:<port>` */
  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  protected override refusal(request: IncomingMessage): Refusal | undefined {
    const { 'x-api-key': key, 'cartesia-version': version } = request.headers;
    if (typeof key !== 'string' || key === '') return { status: 401, text: 'X-API-Key is missing' };
    if (typeof version !== 'string') return { status: 400, text: 'Cartesia-Version is missing' };
    return undefined;
  }

  protected override serve(socket: WebSocket): void {
    const session = new SpeakingSession({
      speed: this.#speed,
      send: (message) => socket.send(JSON.stringify(message)),
      onSpoken: (transcript) => this.spoken.push(transcript),
    });
    socket.on('close', () => session.end());
    socket.on('message', (data) => {
      const request = parseGenerationRequest(toBuffer(data).toString());
      if (request.kind === 'invalid') socket.send(JSON.stringify(request.answer));
      else session.take(request);
    });
  }
}
