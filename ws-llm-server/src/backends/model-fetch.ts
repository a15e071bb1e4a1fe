/**
 * `fetch` towards models, on sockets that are kept warm. Deadlines are the generation's: nothing here gives up by itself, except
 * on a host that does not even accept the connection.
 */
import { Agent, fetch as undiciFetch } from 'undici';

/** An idle socket outlives the pauses of a conversation; undici's own 4 s are shorter than a turn of speech. */
const keepAliveMs = 120_000;
const connectTimeoutMs = 5_000;

const dispatcher = new Agent({
  keepAliveTimeout: keepAliveMs,
  keepAliveMaxTimeout: 600_000,
  headersTimeout: 0,
  bodyTimeout: 0,
  connect: { timeout: connectTimeoutMs },
});

/** undici's and Node's own types of the same standard differ in name only. */
export const modelFetch: typeof globalThis.fetch = async (input, init) => {
  const request = { ...init, dispatcher } as unknown as Parameters<typeof undiciFetch>[1];
  const response: unknown = await undiciFetch(input as unknown as Parameters<typeof undiciFetch>[0], request);
  return response as Response;
};
