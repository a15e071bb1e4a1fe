/** The sockets towards models, one pool for all who ask: kept warm through the pauses of a conversation. Knows no dialect. */
import type { Socket } from 'node:net';
import { Agent, buildConnector } from 'undici';

/** An idle socket outlives the pauses of a conversation; undici's own 4 s are shorter than a turn of speech. */
const keepAliveMs = 120_000;
const connectTimeoutMs = 5_000;

/** Enough for a busy server; some processes may have 256 file descriptors in all. */
const defaultLimit = 64;
let socketLimit = defaultLimit;

const open = buildConnector({ timeout: connectTimeoutMs });
/** How each address was reached, and a socket to it that nobody uses yet. By origin; addresses are the operator's, so they are few. */
const reached = new Map<string, buildConnector.Options>();
const spares = new Map<string, { socket: Socket; forget: () => void }>();

const ends = ['error', 'end', 'close'] as const;

const connect: buildConnector.connector = (options, callback) => {
  const origin = `${options.protocol}//${options.host}`;
  reached.set(origin, options);
  const spare = spares.get(origin);
  if (spare === undefined) return open(options, callback);
  const { socket, forget } = spare;
  spares.delete(origin);
  for (const end of ends) socket.off(end, forget);
  // undici misses what is answered before it has finished asking.
  queueMicrotask(() => callback(null, socket.ref()));
};

/** Deadlines are the generation's: nothing here gives up by itself, except on a host that does not even accept the connection. */
export const modelAgent = new Agent({
  keepAliveTimeout: keepAliveMs,
  keepAliveMaxTimeout: 600_000,
  headersTimeout: 0,
  bodyTimeout: 0,
  connect,
});

/** Number of running requests, by origin. */
const running = new Map<string, number>();

/**
 * Sets the maximum number of idle sockets to one model server. A request that starts while as many
 * run closes its socket when it ends. Default: 64. Applies to the whole process, which has one
 * pool.
 * @throws RangeError if `sockets` is not a whole number of at least 1
 */
export function setModelSocketLimit(sockets: number): void {
  if (!Number.isInteger(sockets) || sockets < 1) throw new RangeError('expected a whole number from 1 on');
  socketLimit = sockets;
}

/**
 * Counts a request to `origin`. `isKept`: its socket may return to the pool. Call `end` when the
 * request is over; further calls have no effect.
 */
export function startRequest(origin: string): { isKept: boolean; end: () => void } {
  const before = running.get(origin) ?? 0;
  running.set(origin, before + 1);
  let isOver = false;
  return {
    isKept: before < socketLimit,
    end() {
      if (isOver) return;
      isOver = true;
      // undici reuses a socket one turn of the event loop later; until then a request opens a new
      // one.
      setImmediate(() => setImmediate(() => countEnd(origin)));
    },
  };
}

function countEnd(origin: string): void {
  const left = (running.get(origin) ?? 1) - 1;
  if (left === 0) running.delete(origin);
  else running.set(origin, left);
}

/**
 * Opens a socket in place of one that an abort costs, so that who asks next does not wait for it. Only where opening takes long, by TLS to
 * somewhere far: a plain one is there at once.
 */
export function replaceSocket(origin: string): void {
  const options = reached.get(origin);
  if (options?.protocol !== 'https:' || spares.has(origin)) return;
  open(options, (error, socket) => {
    // Whoever asks next is told what is wrong.
    if (error !== null) return;
    if (spares.has(origin)) return void socket.destroy();
    // Model servers close what is not used.
    const forget = (): void => {
      spares.delete(origin);
      socket.destroy();
    };
    for (const end of ends) socket.once(end, forget);
    spares.set(origin, { socket: socket.unref(), forget });
  });
}
