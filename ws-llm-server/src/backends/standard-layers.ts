/**
 * The layers that every backend needs: contexts that fit, tools left out for models that take none,
 * warming only while idle.
 */
import type { Backend } from '../backend.ts';
import { withFittingContexts } from './fitting-backend.ts';
import { withIdleWarming } from './idle-warming.ts';
import { withOptionalTools } from './optional-tools.ts';

const layered = new WeakSet<Backend>();

/** Adds the standard layers to `backend`; returns a backend that already has them unchanged. */
export function withStandardLayers(backend: Backend): Backend {
  if (layered.has(backend)) return backend;
  return markLayered(withFittingContexts(withOptionalTools(withIdleWarming(backend))));
}

/** Marks a backend that is composed of backends with the layers. */
export function markLayered(backend: Backend): Backend {
  layered.add(backend);
  return backend;
}
