/** Closes a WebSocket, and cuts it where the other side does not answer the closing handshake. */
import { closeReason } from '@ws-llm/protocol';
import type { WebSocket } from 'ws';

/** How long a closing handshake may take, in milliseconds. */
const graceMs = 1_000;

export function closeSocket(socket: WebSocket, code: number, reason: string): void {
  socket.close(code, closeReason(reason));
  const cut = setTimeout(() => socket.terminate(), graceMs);
  socket.once('close', () => clearTimeout(cut));
}
