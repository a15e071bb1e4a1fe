/** The WebSocket of OpenAI Responses: its handshake, its one event of the client, and its order: one reply at a time. */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { WebSocketServer } from 'ws';
import type { Failure } from './behaviour.ts';
import { parseJsonObject } from './json-body.ts';
import { toRefusal } from './refusal.ts';
import { SocketChannel } from './socket-channel.ts';

const upgrades = new WebSocketServer({ noServer: true, perMessageDeflate: false });

/** A `response.create`; `turn` resolves when those before it on this socket are over. */
export interface SocketRequest {
  body: Record<string, unknown>;
  channel: SocketChannel;
  turn: Promise<unknown>;
}

export function openResponsesSocket(
  request: IncomingMessage,
  socket: Socket,
  head: Buffer,
  onRequest: (request: SocketRequest) => void,
): void {
  upgrades.handleUpgrade(request, socket, head, (webSocket) => {
    let turn: Promise<unknown> = Promise.resolve();
    webSocket.on('error', () => {
      // `close` tells.
    });
    webSocket.on('message', (data: Buffer) => {
      const channel = new SocketChannel(webSocket, () => socket.resetAndDestroy());
      const body = parseJsonObject(data.toString('utf8'));
      if (body?.['type'] !== 'response.create') {
        const message = 'expected an event of type response.create';
        const seen = { dialect: 'responses', transport: 'websocket' } as const;
        return channel.refuse(toRefusal(seen, { type: 'status', status: 400, message }));
      }
      onRequest({ body, channel, turn });
      turn = channel.closed;
    });
  });
}

/** As OpenAI refuses a wrong key: before there is a WebSocket. */
export function refuseHandshake(socket: Socket, failure: Extract<Failure, { type: 'status' }>): void {
  const { status, body } = toRefusal({ dialect: 'responses', transport: 'http' }, failure);
  const headers = [
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  socket.end(`HTTP/1.1 ${status} Refused\r\n${headers.join('\r\n')}\r\n\r\n${body}`);
}
