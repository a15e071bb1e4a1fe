/** `fetch` on the sockets towards models, for the SDKs that list what a server has. What streams is asked by `askModel`, at half the cost. */
import { fetch as undiciFetch } from 'undici';
import { modelAgent } from './model-agent.ts';

/** undici's and Node's own types of the same standard differ in name only. */
export const modelFetch: typeof globalThis.fetch = async (input, init) => {
  const request = { ...init, dispatcher: modelAgent } as unknown as Parameters<typeof undiciFetch>[1];
  const response: unknown = await undiciFetch(input as unknown as Parameters<typeof undiciFetch>[0], request);
  return response as Response;
};
