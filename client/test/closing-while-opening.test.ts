/**
 * A socket that opens after its owner has given it up is closed, an error listener stands first,
 * and a callback of the owner that throws leaves no socket open.
 */
import { expect, onTestFinished, test, vi } from 'vitest';
import { Connection, type ConnectionOptions, type OpenWebSocket } from '../src/index.ts';
import { ready, say } from './frames.ts';
import { InMemorySocket } from './in-memory-socket.ts';
import { RecordedReply } from './recorded-reply.ts';

type Listener = (event: { data: unknown; code: number; reason: string }) => void;

/**
 * A socket of a platform that opens and closes only when a test says so, and remembers in which
 * order it was used.
 */
class SlowSocket {
  readonly protocol = 'ws-llm.v1';
  readyState = 0;
  readonly used: string[] = [];
  readonly #listeners = new Map<string, Listener[]>();

  addEventListener(type: string, listener: unknown): void {
    this.used.push(`listens for ${type}`);
    this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), listener as Listener]);
  }

  send(): void {
    this.used.push('send');
  }

  close(): void {
    this.used.push('close');
    // As browsers do: `close` is told later, and while it connects the handshake may still succeed.
    if (this.readyState === 1) this.readyState = 2;
  }

  opens(): void {
    this.readyState = 1;
    for (const listener of this.#listeners.get('open') ?? []) listener({ data: '', code: 0, reason: '' });
  }
}

function connect(options: Partial<ConnectionOptions> = {}): {
  connection: Connection;
  sockets: SlowSocket[];
  opening: Promise<unknown>;
} {
  const sockets: SlowSocket[] = [];
  const connection = new Connection({
    url: 'ws://nowhere',
    reconnect: false,
    open: () => {
      const socket = new SlowSocket();
      sockets.push(socket);
      return socket;
    },
    ...options,
  });
  const opening = connection.open().then(
    () => 'open',
    (error: unknown) => error,
  );
  onTestFinished(() => connection.close());
  return { connection, sockets, opening };
}

test('an error listener stands before anything else is done with a socket', () => {
  const { sockets } = connect();
  expect(sockets[0]?.used[0]).toBe('listens for error');
});

test('closing settles the attempt at once, although the platform does not tell that the socket closes', async () => {
  const { connection, opening } = connect();
  connection.close();
  expect(await opening).toMatchObject({ reason: 'closed' });
});

test('a socket that opens although it was given up is closed, after a close and after a timeout', async () => {
  const closed = connect();
  closed.connection.close();
  await closed.opening;
  const late = connect({ connectTimeoutMs: 1 });
  expect(await late.opening).toMatchObject({ reason: 'timeout' });
  for (const { sockets, connection } of [closed, late]) {
    const [socket] = sockets;
    if (socket === undefined) throw new Error('no socket was opened');
    socket.opens();
    expect(socket.readyState).toBe(2);
    expect(connection.channel).toBeUndefined();
  }
});

test('closed by the function that opens sockets, the socket that it returns is closed at once', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const socket = new SlowSocket();
  const open: OpenWebSocket = () => {
    connection.close();
    return socket;
  };
  const connection: Connection = new Connection({ url: 'ws://nowhere', open });
  await expect(connection.open()).rejects.toMatchObject({ reason: 'closed' });
  expect(socket.used.at(-1)).toBe('close');
  expect(vi.getTimerCount()).toBe(0);
});

test('a listener of the state that throws leaves neither a socket nor a timer', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  for (const at of ['open', 'closed'] as const) {
    const sockets: InMemorySocket[] = [];
    const connection = new Connection({
      url: 'ws://nowhere',
      open: (_url, protocols) => {
        const socket = new InMemorySocket(protocols);
        sockets.push(socket);
        return socket;
      },
      onState: ({ type }) => {
        if (type === at) throw new Error('a fault of the listener');
      },
    });
    await connection.open().catch(() => {});
    if (at === 'open') expect(sockets.map(({ readyState }) => readyState)).toEqual([3]);
    try {
      connection.close();
    } catch {
      // The listener's own error may come out of the call that made it.
    }
    expect(sockets.map(({ readyState }) => readyState)).toEqual([3]);
    expect([at, vi.getTimerCount()]).toEqual([at, 0]);
  }
});

test('a heartbeat whose ping ends the channel leaves no timer, and a reset that meets that end is rejected', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const cases = [
    ['chat', 'send'],
    ['chat', 'probe'],
    ['reset', 'send'],
    ['reset', 'probe'],
  ] as const;
  for (const [ask, endsIn] of cases) {
    let socket: InMemorySocket | undefined;
    const connection: Connection = new Connection({
      url: 'ws://nowhere',
      reconnect: false,
      open: (_url, protocols) => {
        socket = new InMemorySocket(protocols);
        // The platform closes while it sends.
        vi.spyOn(socket, 'send').mockImplementation(() => connection.close());
        return socket;
      },
    });
    const channel = await connection.open();
    socket?.deliver(ready());
    // After an interval without a frame a request asks for a sign of life first.
    if (endsIn === 'probe') vi.advanceTimersByTime(11_000);
    if (ask === 'reset') await expect(channel.reset()).rejects.toThrow(/ended|closed/);
    else if (endsIn === 'probe') expect(() => channel.chat(say('Hi'), new RecordedReply())).toThrow(/closed/);
    else {
      const reply = new RecordedReply();
      channel.chat(say('Hi'), reply);
      expect(await reply.ended).toMatchObject({ type: 'lost' });
    }
    expect(vi.getTimerCount()).toBe(0);
  }
});
