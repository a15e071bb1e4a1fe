/** Twelve ways in which a client could be wrong, made from the outside: by what it hears and says, and by what its reader is told. */
import type { ChatRequest, ConnectionOptions, ReplySink, WebSocketLike } from '@ws-llm/client';

/** What is absent changes nothing. */
export interface Fault {
  name: string;
  options?: Partial<ConnectionOptions>;
  socket?: (socket: WebSocketLike) => WebSocketLike;
  sink?: (sink: ReplySink) => ReplySink;
  request?: (request: ChatRequest) => ChatRequest;
}

type Event = { type: string; data?: unknown };

/** A socket whose events reach the client only where `hears` says so. */
function deaf(socket: WebSocketLike, hears: (event: Event) => boolean): WebSocketLike {
  const addEventListener = (type: 'message', listener: (event: { data: unknown }) => void): void =>
    socket.addEventListener(type, (event) => {
      if (hears({ type, data: event.data })) listener(event);
    });
  return instead(socket, { addEventListener });
}

/** A socket with some of its properties replaced. */
function instead(socket: WebSocketLike, other: object): WebSocketLike {
  return new Proxy(socket, {
    get(target, key) {
      const value: unknown = Reflect.get(key in other ? other : target, key);
      return typeof value === 'function' && !(key in other) ? value.bind(target) : value;
    },
  });
}

/** Calls it for each frame that is sent; what it gives is sent instead. */
function saying(socket: WebSocketLike, say: (text: string) => string[]): WebSocketLike {
  return instead(socket, {
    send: (text: string) => {
      for (const said of say(text)) socket.send(said);
    },
  });
}

function isFrame(text: unknown, type: string): boolean {
  return typeof text === 'string' && text.startsWith(`{"type":"${type}"`);
}

/** Every third time. */
function everyThird(): () => boolean {
  let times = 0;
  return () => (times += 1) % 3 === 0;
}

export const faults: Fault[] = [
  {
    name: 'the end of a socket is not heard',
    socket: (socket) => deaf(socket, ({ type }) => type !== 'close'),
  },
  {
    name: 'terminal frames are overheard now and then',
    socket: (socket) => {
      const isTurn = everyThird();
      return deaf(socket, ({ data }) => !isFrame(data, 'complete') || !isTurn());
    },
  },
  {
    name: 'pieces are overheard now and then',
    socket: (socket) => {
      const isTurn = everyThird();
      return deaf(socket, ({ data }) => !isFrame(data, 'delta') || !isTurn());
    },
  },
  {
    name: 'an end is told twice',
    sink: (sink) => ({
      part: (part) => sink.part(part),
      end: (end) => {
        sink.end(end);
        sink.end(end);
      },
    }),
  },
  {
    name: 'a piece is told after the end',
    sink: (sink) => ({
      part: (part) => sink.part(part),
      end: (end) => {
        sink.end(end);
        sink.part({ type: 'text', text: '' });
      },
    }),
  },
  {
    name: 'a loss is not told',
    sink: (sink) => ({
      part: (part) => sink.part(part),
      end: (end) => {
        if (end.type !== 'lost') sink.end(end);
      },
    }),
  },
  { name: 'ids come again', request: (request) => ({ ...request, id: 'again' }) },
  {
    name: 'a request is sent twice',
    socket: (socket) => saying(socket, (text) => (isFrame(text, 'chat') ? [text, text] : [text])),
  },
  { name: 'nobody dials again', options: { reconnect: false } },
  {
    name: 'closing is not heard',
    socket: (socket) => deaf(socket, ({ data }) => !isFrame(data, 'closing')),
  },
  {
    name: 'a dead line seems alive',
    socket: (socket) => {
      const addEventListener = (type: 'message', listener: (event: { data: unknown }) => void): void => {
        socket.addEventListener(type, listener);
        if (type !== 'message') return;
        const alive = setInterval(() => {
          if (socket.readyState === 1) listener({ data: '{"type":"pong"}' });
          else clearInterval(alive);
        }, 20);
      };
      return instead(socket, { addEventListener });
    },
  },
  {
    name: 'a socket is left open',
    socket: (socket) => instead(socket, { close: () => {}, terminate: () => {} }),
  },
];
