/** A method that a backend may have, to be called without it; undefined where it has none. */
import type { Backend } from '../backend.ts';

type Optional = 'contextTokens' | 'takesTools' | 'warm' | 'models' | 'pull' | 'load' | 'unload' | 'close';

export function boundMethod<Name extends Optional>(backend: Backend, name: Name): Backend[Name] {
  const method: unknown = backend[name];
  return typeof method === 'function' ? (method.bind(backend) as Backend[Name]) : undefined;
}
