/**
 * A WebSocket client without a library, for frames that no library would send: any bytes after the
 * handshake, no mask worth the name, any local address, no reading. Parses only what a server
 * sends.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface RawOptions {
  path?: string;
  origin?: string;
  protocol?: string;
  /** Any of 127.0.0.0/8. */
  localAddress?: string;
  /** Pings are answered unless false. */
  answersPings?: boolean;
}

/** A handshake that was answered with a status other than 101. */
export class RefusedHandshake extends Error {
  override readonly name = 'RefusedHandshake';
  readonly status: number;

  constructor(status: number) {
    super(`the handshake was answered with ${status}`);
    this.status = status;
  }
}

export type RawEnd = { code: number; reason: string } | 'lost';

export class RawClient {
  readonly socket: Socket;
  /** Resolves with the close frame, or with `lost` where the connection ended without one. */
  readonly closed: Promise<RawEnd>;
  /** Everything that arrived after the handshake, in order: types of frames, and texts. */
  onText: (text: string) => void = () => undefined;
  onPing: () => void = () => undefined;
  pongs = 0;
  #rest: Buffer = Buffer.alloc(0);
  #end: RawEnd | undefined;
  #settle: (end: RawEnd) => void = () => undefined;
  readonly #answersPings: boolean;

  private constructor(socket: Socket, { answersPings = true }: RawOptions) {
    this.socket = socket;
    this.#answersPings = answersPings;
    this.closed = new Promise((resolve) => {
      this.#settle = (end) => {
        this.#end ??= end;
        resolve(end);
      };
    });
    socket.on('close', () => this.#settle('lost'));
  }

  /** Resolves after the 101. @throws RefusedHandshake, or Error where the connection ends first */
  static async open(port: number, options: RawOptions = {}): Promise<RawClient> {
    const socket = await dial(port, options);
    const client = new RawClient(socket, options);
    socket.write(handshake(options));
    let head = Buffer.alloc(0);
    for (;;) {
      const [chunk] = (await Promise.race([once(socket, 'data'), client.closed.then(() => [])])) as [Buffer?];
      if (chunk === undefined) throw new Error('the connection ended during the handshake');
      head = Buffer.concat([head, chunk]);
      const end = head.indexOf('\r\n\r\n');
      if (end === -1) continue;
      const status = Number(/^HTTP\/1\.1 (\d+)/.exec(head.toString('latin1'))?.[1]);
      if (status !== 101) {
        socket.destroy();
        throw new RefusedHandshake(status);
      }
      socket.on('data', (more: Buffer) => client.#read(more));
      client.#read(head.subarray(end + 4));
      return client;
    }
  }

  get isOpen(): boolean {
    return this.#end === undefined;
  }

  /** Sends one text frame. False: the kernel takes no more for now. */
  send(frame: object | string): boolean {
    return this.write(textFrame(typeof frame === 'string' ? frame : JSON.stringify(frame)));
  }

  /** Sends bytes as they are, as one write. */
  write(...pieces: readonly Buffer[]): boolean {
    this.socket.cork();
    let hasRoom = true;
    for (const piece of pieces) hasRoom = this.socket.write(piece);
    process.nextTick(() => this.socket.uncork());
    return hasRoom;
  }

  /** Resolves when what was written has been taken, or the connection has ended. */
  async drained(): Promise<void> {
    if (!this.socket.writableNeedDrain || !this.isOpen) return;
    await Promise.race([once(this.socket, 'drain').catch(() => undefined), this.closed]);
  }

  destroy(): void {
    this.socket.destroy();
  }

  #read(chunk: Buffer): void {
    let bytes: Buffer = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    for (;;) {
      const frame = frameIn(bytes);
      if (frame === undefined) break;
      bytes = bytes.subarray(frame.size);
      this.#take(frame.opcode, frame.payload);
    }
    this.#rest = bytes;
  }

  #take(opcode: number, payload: Buffer): void {
    switch (opcode) {
      case 1:
        return this.onText(payload.toString('utf8'));
      case 8:
        return this.#settle({
          code: payload.length >= 2 ? payload.readUInt16BE(0) : 1005,
          reason: payload.subarray(2).toString('utf8'),
        });
      case 9:
        this.onPing();
        if (this.#answersPings) this.write(frameOf(10, payload));
        return;
      case 10:
        this.pongs += 1;
        return;
      default:
    }
  }
}

async function dial(port: number, { localAddress }: RawOptions): Promise<Socket> {
  const socket = connect({
    port,
    host: '127.0.0.1',
    ...(localAddress !== undefined && { localAddress }),
  });
  await once(socket, 'connect');
  // `closed` reports it.
  socket.on('error', () => undefined);
  return socket;
}

export function handshake({ path = '/', origin, protocol }: RawOptions = {}): string {
  const lines = [
    `GET ${path} HTTP/1.1`,
    'Host: localhost',
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    ...(origin === undefined ? [] : [`Origin: ${origin}`]),
    ...(protocol === undefined ? [] : [`Sec-WebSocket-Protocol: ${protocol}`]),
  ];
  return `${lines.join('\r\n')}\r\n\r\n`;
}

export function textFrame(text: string): Buffer {
  return frameOf(1, Buffer.from(text));
}

/** A whole frame of a client. */
export function frameOf(opcode: number, payload: Buffer): Buffer {
  return Buffer.concat([frameHead(opcode, payload.length), payload]);
}

/**
 * The head of a client's frame, with a mask of zeros, which changes nothing. `isLast` false: more
 * fragments follow.
 */
export function frameHead(opcode: number, bytes: number, isLast = true): Buffer {
  const first = (isLast ? 0x80 : 0) | opcode;
  if (bytes < 126) return Buffer.from([first, 0x80 | bytes, 0, 0, 0, 0]);
  const extended = bytes < 65_536 ? 2 : 8;
  const head = Buffer.alloc(2 + extended + 4);
  head[0] = first;
  head[1] = 0x80 | (extended === 2 ? 126 : 127);
  if (extended === 2) head.writeUInt16BE(bytes, 2);
  else head.writeBigUInt64BE(BigInt(bytes), 2);
  return head;
}

/** The first whole frame of what a server sent. */
function frameIn(bytes: Buffer): { opcode: number; payload: Buffer; size: number } | undefined {
  if (bytes.length < 2) return undefined;
  const opcode = (bytes[0] ?? 0) & 0x0f;
  let length = (bytes[1] ?? 0) & 0x7f;
  let head = 2;
  if (length === 126) {
    if (bytes.length < 4) return undefined;
    length = bytes.readUInt16BE(2);
    head = 4;
  } else if (length === 127) {
    if (bytes.length < 10) return undefined;
    length = Number(bytes.readBigUInt64BE(2));
    head = 10;
  }
  const size = head + length;
  if (bytes.length < size) return undefined;
  return { opcode, payload: bytes.subarray(head, size), size };
}
