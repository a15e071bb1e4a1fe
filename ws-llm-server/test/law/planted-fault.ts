/**
 * Puts a fault between a connection of the server and its socket, or between the server and its model. The server's sources stay as
 * they are: `plantIn` stands where the server makes its connections.
 */
import type { Backend } from '../../src/backend.ts';
import { decorateBackend } from '../../src/backends/decorate-backend.ts';
import type { ClientConnection, ClientSocket } from '../../src/connection/client-socket.ts';
import type { ConnectionContext } from '../../src/connection/connection-context.ts';
import type { ModelSwitchboard } from './model-switchboard.ts';
import type { LawKind } from './script.ts';

export type WireFrame = Record<string, unknown> & { type: string };

/** Where a fault sits: what it hands on goes on as if nothing were between. */
export interface Wire {
  readonly dialect: 'v1' | 'plain';
  /** To the client. */
  send(frame: WireFrame): void;
  /** To the server. */
  receive(frame: WireFrame): void;
}

/** One connection's share of a fault. What is absent changes nothing. */
interface WireFault {
  send?(frame: WireFrame): void;
  receive?(frame: WireFrame): void;
  /** Instead of ending the connection's requests when its client is gone. */
  end?(): void;
}

export interface Fault {
  name: string;
  /** Cases that meet it often. */
  kind: LawKind;
  onWire?: (wire: Wire) => WireFault;
  /** What it does instead. */
  onModel?: (backend: ModelSwitchboard) => Partial<Pick<Backend, 'reply' | 'warm'>>;
}

/** By the backend of its server, so that many servers with different faults run at once. */
const faults = new WeakMap<Backend, Fault>();

/** The backend to make a server of that has the fault. */
export function withFault(backend: ModelSwitchboard, fault: Fault): Backend {
  const faulty = decorateBackend(backend, {
    reply: (request, listener) => backend.reply(request, listener),
    ...fault.onModel?.(backend),
  });
  faults.set(faulty, fault);
  return faulty;
}

type ConnectionClass = new (socket: ClientSocket, context: ConnectionContext) => ClientConnection;

/** Stands for a class of connections; those of a server without a fault are as ever. */
export function plantIn(Original: ConnectionClass, dialect: Wire['dialect']): unknown {
  return function Planted(socket: ClientSocket, context: ConnectionContext): ClientConnection {
    const onWire = faults.get(context.backend)?.onWire;
    if (onWire === undefined) return new Original(socket, context);
    const send = socket.send.bind(socket);
    let connection: ClientConnection | undefined;
    let receive: ((text: string) => void) | undefined;
    const fault = onWire({
      dialect,
      send: (frame) => send(JSON.stringify(frame)),
      receive: (frame) => receive?.(JSON.stringify(frame)),
    });
    socket.send = (text) => {
      if (fault.send === undefined) send(text);
      else fault.send(JSON.parse(text) as WireFrame);
    };
    connection = new Original(socket, context);
    receive = connection.receive.bind(connection);
    connection.receive = (text) => {
      const frame = frameOf(text);
      if (fault.receive === undefined || frame === undefined) receive(text);
      else fault.receive(frame);
    };
    if (fault.end !== undefined) connection.end = () => fault.end?.();
    return connection;
  };
}

function frameOf(text: string): WireFrame | undefined {
  try {
    return JSON.parse(text) as WireFrame;
  } catch {
    return undefined;
  }
}
