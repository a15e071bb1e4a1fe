/** An address at which nobody answers, for models that refuse connections. */
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below the ports that systems hand out by themselves, so that nobody takes it in the meantime. */
export async function findClosedPort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    const server = createServer();
    const taken = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(true));
      server.listen(port, '127.0.0.1', () => resolve(false));
    });
    if (taken) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
}
