/** What a v1 client is told first, and again whenever it changes. */
import type { ReadyFrame } from '@ws-llm/protocol';
import { type ConnectionContext, personaOf } from './connection-context.ts';
import { servedFeatures } from './refusal.ts';

export function readyFrame(context: ConnectionContext): ReadyFrame {
  const { server, personas, backend, limits, role } = context;
  return {
    type: 'ready',
    server,
    persona: personaOf(context).card,
    personas: personas.all.map(({ name, title }) => ({ name, title })),
    backend: backend.name,
    ...(backend.model !== undefined && { model: backend.model }),
    limits,
    features: [...servedFeatures(role)],
  };
}
