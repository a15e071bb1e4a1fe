/**
 * A model server whose answers are written by hand, byte by byte, and that counts what it could
 * send.
 */
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface RawModel {
  url: string;
  /** TCP connections that were ever made, and those that are open. */
  connections: { made: number; open: number };
  /** Paths that were asked for, with their queries. */
  paths: string[];
  /** Bytes that were written into bodies. */
  sent: () => number;
  /** When the answer number `index` was closed, by either side. */
  closed: (index: number) => Promise<number>;
}

/** Answers to the paths that a backend asks for besides the chat. */
const usual: Record<string, unknown> = {
  '/api/generate': { done: true },
  '/api/ps': { models: [] },
  '/api/show': {},
};

/**
 * `answer` is given each chat, and everything else that is not usual; its head is to be written
 * too.
 */
export async function startRawModel(
  answer: (response: ServerResponse, path: string) => void,
): Promise<RawModel> {
  const closings: Promise<number>[] = [];
  const responses: ServerResponse[] = [];
  const paths: string[] = [];
  const connections = { made: 0, open: 0 };
  let bytes = 0;
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    paths.push(path);
    request.resume();
    const known = usual[path.split('?')[0] ?? ''];
    if (known !== undefined) return void response.end(JSON.stringify(known));
    responses.push(response);
    closings.push(once(response, 'close').then(() => performance.now()));
    response.on('error', () => undefined);
    const { socket } = response;
    response.once('close', () => (bytes += socket?.bytesWritten ?? 0));
    answer(response, path);
  });
  server.on('connection', (socket) => {
    connections.made += 1;
    connections.open += 1;
    socket.once('close', () => (connections.open -= 1));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections,
    paths,
    sent: () => bytes,
    async closed(index) {
      for (;;) {
        const closing = closings[index];
        if (closing !== undefined) return closing;
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
  };
}

/**
 * Writes `text` again and again, as fast as it is read, until `most` bytes were written or the
 * client leaves.
 */
export async function pour(response: ServerResponse, text: string, most: number): Promise<void> {
  const chunk = Buffer.from(text.repeat(Math.max(1, Math.floor(65_536 / text.length))));
  for (let sent = 0; sent < most && !response.destroyed; sent += chunk.length) {
    if (!response.write(chunk)) await Promise.race([once(response, 'drain'), once(response, 'close')]);
  }
  response.end();
}
