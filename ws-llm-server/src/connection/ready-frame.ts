/** What a v1 client is told first, and again whenever it changes. */
import type { Feature, ReadyFrame } from '@ws-llm/protocol';
import { type ConnectionContext, personaOf } from './connection-context.ts';
import { servedFeatures } from './refusal.ts';

/** What `ready` tells of the model, which any request may teach. */
export interface ReadyModel {
  name: string | undefined;
  /** What the client may use; tools where the model is not known to take none. */
  features: readonly Feature[];
}

export function readyModel(context: ConnectionContext): ReadyModel {
  const { backend, role } = context;
  const { model } = personaOf(context);
  const features = servedFeatures(role);
  const takesTools = backend.takesTools?.(model) !== false;
  return {
    name: model ?? backend.model,
    features: takesTools ? features : features.filter((feature) => feature !== 'tools'),
  };
}

/** Whether there is nothing to tell who was told `told`. */
export function isTold(told: ReadyModel | undefined, { name, features }: ReadyModel): boolean {
  return told?.name === name && told?.features.length === features.length;
}

export function readyFrame(context: ConnectionContext, { name: model, features }: ReadyModel): ReadyFrame {
  const { server, personas, backend, limits, shared } = context;
  return {
    type: 'ready',
    server,
    persona: personaOf(context).card,
    personas: personas.all.map(({ name, title }) => ({ name, title })),
    backend: backend.name,
    ...(model !== undefined && { model }),
    limits: { ...limits, shared },
    features: [...features],
  };
}
