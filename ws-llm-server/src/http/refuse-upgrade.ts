/** Answers a request for a WebSocket with an HTTP status, before there is a WebSocket. */
import type { Duplex } from 'node:stream';

/** `status`: code and reason phrase. `message` is for the person who reads the answer. */
export function refuseUpgrade(line: Duplex, status: string, message: string): void {
  line.on('error', () => line.destroy());
  // The HTTP server has let go of it, so nothing else would end a line whose client keeps its half open.
  line.once('finish', () => line.destroy());
  line.end(
    `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(message)}\r\n\r\n${message}`,
  );
}
