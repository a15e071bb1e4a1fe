/**
 * Owns a registry of models on this machine, over TLS as Ollama wants it, that hands out what lies in a folder of Ollama's. Knows nothing
 * of who asks.
 */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { makeCertificate } from './certificate.ts';

export interface ModelRegistry {
  /** `127.0.0.1:<port>`, with which the names of its models begin. */
  readonly host: string;
  /** What has to be trusted: a file for SSL_CERT_FILE. */
  readonly certificate: string;
  close(): Promise<void>;
}

/** @param modelsFolder as OLLAMA_MODELS names it, with models of Ollama's own library */
export async function startModelRegistry(modelsFolder: string): Promise<ModelRegistry> {
  const certificate = await makeCertificate();
  const server = createServer(certificate.tls, (request, response) => {
    answer(modelsFolder, request, response).catch(() => response.writeHead(404).end());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    certificate: certificate.path,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
      await certificate.remove();
    },
  };
}

/** A blob is fetched from where the registry points, which Ollama wants to be another host. Port and folder are the same here. Rejects where there is no such thing. */
async function answer(folder: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method, url = '', headers } = request;
  const [, name = '', tag = ''] = /^\/v2\/(\w+\/\w+)\/manifests\/([\w.-]+)$/.exec(url) ?? [];
  const [, digest = ''] = /\/blobs\/sha256:(\w+)$/.exec(url) ?? [];
  if (digest !== '' && url.startsWith('/v2/') && method === 'GET') {
    const port = headers.host?.split(':')[1] ?? '';
    response.writeHead(307, { location: `https://localhost:${port}/blobs/sha256:${digest}` }).end();
    return;
  }
  const path =
    digest === ''
      ? join(folder, 'manifests', 'registry.ollama.ai', name, tag)
      : join(folder, 'blobs', `sha256-${digest}`);
  const { size } = await stat(path);
  const range = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '');
  const [start, end] = range === null ? [0, size - 1] : [Number(range[1]), Number(range[2])];
  response.writeHead(range === null ? 200 : 206, {
    'content-length': end - start + 1,
    ...(range !== null && { 'content-range': `bytes ${start}-${end}/${size}` }),
  });
  if (method === 'HEAD') response.end();
  else createReadStream(path, { start, end }).pipe(response);
}
