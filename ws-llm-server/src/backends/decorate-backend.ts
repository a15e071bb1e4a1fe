/** A backend with some of its methods replaced; what the inner one cannot do, the whole cannot do either. Knows no decorator. */
import type { Backend } from '../backend.ts';
import { boundMethod } from './bound-method.ts';

type Identity = 'name' | 'model' | 'secrets';
export type Replaced = Omit<Backend, Identity>;

/** Name, model and secrets are read each time: they may become known later. */
export function decorateBackend(inner: Backend, replaced: Replaced): Backend {
  return {
    get name() {
      return inner.name;
    },
    get model() {
      return inner.model;
    },
    get secrets() {
      return inner.secrets ?? [];
    },
    ...passedOn(inner),
    ...replaced,
  };
}

function passedOn(inner: Backend): Omit<Backend, Identity | 'reply'> {
  const contextTokens = boundMethod(inner, 'contextTokens');
  const takesTools = boundMethod(inner, 'takesTools');
  const warm = boundMethod(inner, 'warm');
  const models = boundMethod(inner, 'models');
  const pull = boundMethod(inner, 'pull');
  const load = boundMethod(inner, 'load');
  const unload = boundMethod(inner, 'unload');
  const close = boundMethod(inner, 'close');
  return {
    ...(contextTokens !== undefined && { contextTokens }),
    ...(takesTools !== undefined && { takesTools }),
    ...(warm !== undefined && { warm }),
    ...(models !== undefined && { models }),
    ...(pull !== undefined && { pull }),
    ...(load !== undefined && { load }),
    ...(unload !== undefined && { unload }),
    ...(close !== undefined && { close }),
  };
}
