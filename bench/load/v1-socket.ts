/** One v1 connection for rows that speak frames themselves. */
import { once } from 'node:events';
import { WebSocket } from 'ws';

export type Frame = Record<string, unknown> & { type: string };

export class V1Socket {
  readonly socket: WebSocket;
  /** Hears every frame. */
  onFrame: (frame: Frame) => void = () => undefined;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data: Buffer) => this.onFrame(JSON.parse(data.toString()) as Frame));
  }

  static async open(url: string): Promise<V1Socket> {
    const socket = new WebSocket(url, ['ws-llm.v1'], { perMessageDeflate: false });
    const opened = new V1Socket(socket);
    await once(socket, 'open');
    return opened;
  }

  send(frame: Frame): void {
    this.socket.send(JSON.stringify(frame));
  }

  /** Sends, and resolves with the first frame that is what is waited for. One at a time. */
  ask(frame: Frame, isAnswer: (frame: Frame) => boolean): Promise<Frame> {
    return new Promise((resolve) => {
      this.onFrame = (heard) => {
        if (heard.type === 'error') throw new Error(`the server answered: ${String(heard['message'])}`);
        if (isAnswer(heard)) resolve(heard);
      };
      this.send(frame);
    });
  }

  close(): void {
    this.socket.close();
  }
}
