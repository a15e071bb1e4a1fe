/** The sockets towards models, one pool for all who ask: kept warm through the pauses of a conversation. Knows no dialect. */
import { Agent } from 'undici';

/** An idle socket outlives the pauses of a conversation; undici's own 4 s are shorter than a turn of speech. */
const keepAliveMs = 120_000;
const connectTimeoutMs = 5_000;

/** Deadlines are the generation's: nothing here gives up by itself, except on a host that does not even accept the connection. */
export const modelAgent = new Agent({
  keepAliveTimeout: keepAliveMs,
  keepAliveMaxTimeout: 600_000,
  headersTimeout: 0,
  bodyTimeout: 0,
  connect: { timeout: connectTimeoutMs },
});
