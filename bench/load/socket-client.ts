/** A v1 client that does nothing but ask and hear: of the server, and of the bare relay, which takes the same frames. */
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { monotonicMs } from '../monotonic-clock.ts';
import { type Question, settler, type Turn, type TurnClient, usualContent } from './turn.ts';

type Frame = { type: string; id?: string; content?: string; message?: string };

export class SocketClient implements TurnClient {
  readonly #socket: WebSocket;
  #turns = 0;
  #hear: (frame: Frame) => void = () => undefined;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data: Buffer) => this.#hear(JSON.parse(data.toString()) as Frame));
  }

  static async open(url: string, protocols = ['ws-llm.v1']): Promise<SocketClient> {
    const socket = new WebSocket(url, protocols, { perMessageDeflate: false });
    const client = new SocketClient(socket);
    await once(socket, 'open');
    return client;
  }

  turn({ content = usualContent, onText }: Question = {}): Turn {
    this.#turns += 1;
    const id = String(this.#turns);
    const first = settler<number>();
    const ended = settler<void>();
    this.#hear = (frame) => {
      if (frame.id !== id) return;
      if (frame.type === 'delta') {
        first.resolve(monotonicMs());
        onText?.(frame.content ?? '');
      }
      if (frame.type === 'complete') ended.resolve();
      if (frame.type === 'error') throw new Error(`the server answered: ${frame.message}`);
    };
    const messages = [{ role: 'user', content }];
    const sentAt = monotonicMs();
    // A request that stands alone: every turn is as long as the first.
    this.#socket.send(JSON.stringify({ type: 'chat', id, mirror: { keep: 0 }, messages }));
    return {
      sentAt,
      firstTokenAt: first.promise,
      ended: ended.promise,
      cancel: () => this.#socket.send(JSON.stringify({ type: 'cancel', id })),
    };
  }

  close(): void {
    this.#socket.close();
  }
}
