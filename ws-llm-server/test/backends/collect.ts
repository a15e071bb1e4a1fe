/** Everything that a backend yields for one request. */
import type { Backend, BackendEvent, BackendRequest } from '../../src/backend.ts';

export async function collect(
  backend: Backend,
  request: BackendRequest = { messages: [{ role: 'user', content: 'hi' }], params: {} },
  signal: AbortSignal = new AbortController().signal,
): Promise<BackendEvent[]> {
  const events: BackendEvent[] = [];
  for await (const event of backend.stream(request, { signal })) events.push(event);
  return events;
}
