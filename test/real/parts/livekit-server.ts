/** Owns one running LiveKit server on free ports of 127.0.0.1, with a key of its own. Knows nothing of rooms or of who joins. */
import { randomBytes } from 'node:crypto';
import { startProcess } from './child-process.ts';
import { freePort, freeUdpPort } from './free-port.ts';
import { startTogether } from './started-parts.ts';

/** A LiveKit server that answers. */
export interface RunningLiveKitServer {
  /** `ws://127.0.0.1:<port>`, for callers and workers. */
  readonly url: string;
  readonly key: string;
  readonly secret: string;
  readonly pid: number;
  /** What it logged so far. */
  readonly output: string;
  /** Ends it; resolves when it is gone. */
  stop(): Promise<void>;
}

/** Starts the program and resolves when it answers. Several may run at once. Rejects with its output where it does not. */
export async function startLiveKitServer({ program }: { program: string }): Promise<RunningLiveKitServer> {
  const [port, tcpPort, udpPort] = await Promise.all([freePort(), freePort(), freeUdpPort()]);
  const key = 'ws-llm-test';
  const secret = randomBytes(24).toString('hex');
  // JSON is YAML too.
  const config = JSON.stringify({
    port,
    bind_addresses: ['127.0.0.1'],
    keys: { [key]: secret },
    rtc: {
      tcp_port: tcpPort,
      udp_port: udpPort,
      node_ip: '127.0.0.1',
      use_external_ip: false,
      enable_loopback_candidate: true,
      // Nobody answers there. Without any it tells all who join to ask public ones.
      stun_servers: [`127.0.0.1:${udpPort}`],
    },
    logging: { level: 'info' },
  });
  return startTogether(async (started) => {
    const server = started.add(
      await startProcess({
        command: program,
        env: { LIVEKIT_CONFIG: config, LIVEKIT_KEYS: undefined, NODE_IP: undefined, UDP_PORT: undefined },
      }),
    );
    await server.waitForHttp(`http://127.0.0.1:${port}/`);
    return {
      url: `ws://127.0.0.1:${port}`,
      key,
      secret,
      pid: server.pid,
      get output() {
        return server.output;
      },
    };
  });
}
