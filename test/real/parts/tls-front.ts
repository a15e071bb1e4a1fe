/** Owns TLS in front of a server on this machine that speaks without, as far away as is wanted. Knows nothing of what is said. */
import { once } from 'node:events';
import { connect, type AddressInfo, createServer, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { makeCertificate } from './certificate.ts';

export interface TlsFront {
  /** `https://127.0.0.1:<port>` */
  readonly url: string;
  /** What has to be trusted: a file for NODE_EXTRA_CA_CERTS. */
  readonly certificate: string;
  /** Handshakes that were ever completed. */
  readonly handshakes: number;
  close(): Promise<void>;
}

/** `handshakeMs`: how long one more has to wait for its handshake. Default 0. */
export async function startTlsFront(targetPort: number, { handshakeMs = 0 } = {}): Promise<TlsFront> {
  const certificate = await makeCertificate();
  const sockets = new Set<Socket>();
  let handshakes = 0;
  const front = createTlsServer(certificate.tls, (client) => {
    handshakes += 1;
    const target = connect({ port: targetPort, host: '127.0.0.1', noDelay: true });
    client.pipe(target).pipe(client);
    client.on('error', () => target.destroy()).on('close', () => target.destroy());
    target.on('error', () => client.destroy()).on('close', () => client.destroy());
  });
  const server = createServer((socket) => {
    sockets.add(socket);
    const due = setTimeout(() => front.emit('connection', socket), handshakeMs);
    socket
      .on('error', () => socket.destroy())
      .on('close', () => {
        sockets.delete(socket);
        clearTimeout(due);
      });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    certificate: certificate.path,
    get handshakes() {
      return handshakes;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
      await certificate.remove();
    },
  };
}
