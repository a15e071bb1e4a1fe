/** The state of the link while there is no connection, from the state of what dials. */
import type { ConnectionState } from '@ws-llm/client';
import type { Link } from './conversation.ts';

/** @param before it had been connected */
export function linkWithout(
  state: Extract<ConnectionState, { type: 'connecting' | 'waiting' }>,
  link: Link,
  before: boolean,
  nowMs: number,
): Link {
  if (state.type === 'waiting') return { type: 'lost', before, retryAtMs: nowMs + state.retryInMs };
  return { type: 'connecting', again: link.type !== 'connecting' || link.again };
}
