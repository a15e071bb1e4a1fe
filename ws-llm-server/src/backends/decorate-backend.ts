/** A backend with some of its methods replaced; what the inner one cannot do, the whole cannot do either. Knows no decorator. */
import type { Backend } from '../backend.ts';

type Identity = 'name' | 'model';
export type Replaced = Omit<Backend, Identity>;

/** Name and model are read each time: they may become known later. */
export function decorateBackend(inner: Backend, replaced: Replaced): Backend {
  return {
    get name() {
      return inner.name;
    },
    get model() {
      return inner.model;
    },
    ...passedOn(inner),
    ...replaced,
  };
}

function passedOn(inner: Backend): Omit<Backend, Identity | 'stream'> {
  const { contextTokens, warm, models, pull, load, unload, close } = inner;
  return {
    ...(contextTokens !== undefined && { contextTokens: contextTokens.bind(inner) }),
    ...(warm !== undefined && { warm: warm.bind(inner) }),
    ...(models !== undefined && { models: models.bind(inner) }),
    ...(pull !== undefined && { pull: pull.bind(inner) }),
    ...(load !== undefined && { load: load.bind(inner) }),
    ...(unload !== undefined && { unload: unload.bind(inner) }),
    ...(close !== undefined && { close: close.bind(inner) }),
  };
}
