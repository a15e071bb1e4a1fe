/** Owns TLS in front of a server on this machine that speaks without, and counts who connects. Knows nothing of what is said. */
import { once } from 'node:events';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { createServer } from 'node:tls';
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

export async function startTlsFront(targetPort: number): Promise<TlsFront> {
  const certificate = await makeCertificate();
  const sockets = new Set<Socket>();
  let handshakes = 0;
  const server = createServer(certificate.tls, (client) => {
    handshakes += 1;
    const target = connect({ port: targetPort, host: '127.0.0.1', noDelay: true });
    client.pipe(target).pipe(client);
    sockets.add(client);
    client
      .on('error', () => target.destroy())
      .on('close', () => {
        sockets.delete(client);
        target.destroy();
      });
    target.on('error', () => client.destroy()).on('close', () => client.destroy());
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
