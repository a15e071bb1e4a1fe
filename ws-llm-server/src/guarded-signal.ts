/**
 * An AbortSignal for code that is not ours: a backend module or a persona's tool. Node rethrows
 * what an abort listener throws outside every try block, which ends the process; here the error is
 * reported to a callback instead. Imports thrown.ts and nothing else, so every layer may use it.
 */
import { messageOf } from './thrown.ts';

/** A function, or an object with `handleEvent`. */
type Listener = Parameters<AbortSignal['addEventListener']>[1];
type Options = Parameters<AbortSignal['addEventListener']>[2];

/**
 * A signal that aborts with the first of `sources`, with its reason. A listener that throws, or
 * whose promise rejects, is reported to `onThrow` as text. It is a real AbortSignal, so `fetch` and
 * `AbortSignal.any` accept it. A signal that the foreign code derives from it is not guarded.
 */
export function guardedSignal(
  sources: readonly AbortSignal[],
  onThrow: (message: string) => void = () => undefined,
): AbortSignal {
  const signal = AbortSignal.any([...sources]);
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  /** One wrapper for each listener, so that a listener that is added twice is called once. */
  const wrappers = new WeakMap<object, (event: Event) => void>();
  const wrapperOf = (listener: Listener): ((event: Event) => void) => {
    const known = wrappers.get(listener);
    if (known !== undefined) return known;
    const wrapper = (event: Event): void => callGuarded(listener, signal, event, onThrow);
    wrappers.set(listener, wrapper);
    return wrapper;
  };
  let onabort: ((this: AbortSignal, event: Event) => unknown) | null = null;
  const callOnabort = (event: Event): void => {
    if (onabort !== null) callGuarded(onabort, signal, event, onThrow);
  };
  Object.defineProperties(signal, {
    addEventListener: {
      value(type: string, listener: Listener, options?: Options): void {
        add(type, isListener(listener) ? wrapperOf(listener) : listener, options);
      },
    },
    removeEventListener: {
      value(type: string, listener: Listener, options?: Options): void {
        const wrapper = isListener(listener) ? wrappers.get(listener) : undefined;
        remove(type, wrapper ?? listener, options);
      },
    },
    onabort: {
      get: () => onabort,
      set(handler: unknown) {
        const wasSet = onabort !== null;
        onabort = typeof handler === 'function' ? (handler as NonNullable<typeof onabort>) : null;
        if (onabort !== null && !wasSet) add('abort', callOnabort);
        if (onabort === null) remove('abort', callOnabort);
      },
    },
  });
  return signal;
}

function isListener(listener: unknown): listener is Listener {
  return typeof listener === 'function' || (typeof listener === 'object' && listener !== null);
}

function callGuarded(
  listener: Listener,
  signal: AbortSignal,
  event: Event,
  onThrow: (message: string) => void,
): void {
  try {
    const result: unknown =
      typeof listener === 'function' ? listener.call(signal, event) : listener.handleEvent(event);
    // Node rethrows the rejection of an async listener as well.
    Promise.resolve(result).catch((error: unknown) => onThrow(messageOf(error)));
  } catch (error) {
    onThrow(messageOf(error));
  }
}
