/**
 * Enforces the contract of `Backend` on code that is not ours: a member that throws counts as
 * unknown, every promise is handled, and an abort listener that throws does not end the process.
 */
import type { Backend, BackendRequest, ModelInfo } from '../backend.ts';
import { guardedSignal } from '../guarded-signal.ts';
import { toBackendError } from './foreign-error.ts';
import { type ContractOptions, ForeignGuard } from './foreign-guard.ts';
import { enforcedReply } from './foreign-reply.ts';
import { toModels, toProgress, toWarmth } from './foreign-results.ts';
import { unlessAborted } from './unless-aborted.ts';

type Method = (...args: unknown[]) => unknown;
type Asked = { signal: AbortSignal };

export function enforceContract(inner: Backend, options: ContractOptions = {}): Backend {
  const guard = new ForeignGuard(options);
  const nameOf = (last: string): string => {
    const name = guard.read('name', () => inner.name);
    return typeof name === 'string' && name !== '' ? name : last;
  };
  let name = nameOf(options.culprit ?? 'the backend');
  const culprit = options.culprit ?? name;
  const method = (member: keyof Backend): Method | undefined => {
    const own: unknown = guard.read(member, () => inner[member]);
    return typeof own === 'function' ? (...args) => Reflect.apply(own, inner, args) as unknown : undefined;
  };
  const signalFor = (signal: AbortSignal, request?: BackendRequest): AbortSignal =>
    guardedSignal([signal], (said) => guard.report('an abort listener', said, request));
  /** Rejects with the BackendError that a failure means; does not wait after an abort. */
  const call = async (run: () => unknown, signal: AbortSignal, hasBegun = false): Promise<unknown> => {
    try {
      return await unlessAborted(Promise.resolve(run()), signal);
    } catch (error) {
      throw await toBackendError(name, error, hasBegun);
    }
  };
  const [reply, close] = [method('reply'), method('close')];
  const [contextTokens, takesTools] = [method('contextTokens'), method('takesTools')];
  const [warm, models, pull] = [method('warm'), method('models'), method('pull')];
  const inMemory = (own: Method) => async (model: string, asked: Asked) =>
    void (await call(() => own(model, { signal: signalFor(asked.signal) }), asked.signal));
  const [load, unload] = [method('load'), method('unload')];
  return {
    get name() {
      return (name = nameOf(name));
    },
    get model() {
      const model = guard.read('model', () => inner.model);
      return typeof model === 'string' ? model : undefined;
    },
    get secrets() {
      const secrets: unknown = guard.read('secrets', () => inner.secrets);
      return Array.isArray(secrets) ? secrets.filter((secret) => typeof secret === 'string') : [];
    },
    reply: (request, listener) =>
      enforcedReply({ name, culprit, guard, reply: (...args) => reply?.(...args) }, request, listener),
    ...(contextTokens !== undefined && {
      contextTokens(model) {
        const tokens = guard.read('contextTokens', () => contextTokens(model));
        return typeof tokens === 'number' && tokens > 0 ? tokens : undefined;
      },
    }),
    ...(takesTools !== undefined && {
      takesTools(model) {
        const takes = guard.read('takesTools', () => takesTools(model));
        return typeof takes === 'boolean' ? takes : undefined;
      },
    }),
    ...(warm !== undefined && {
      warm: async (request, { signal }) =>
        toWarmth(await call(() => warm(request, { signal: signalFor(signal, request) }), signal)),
    }),
    ...(models !== undefined && {
      models: async ({ signal }): Promise<ModelInfo[]> =>
        toModels(await call(() => models({ signal: signalFor(signal) }), signal), culprit),
    }),
    ...(pull !== undefined && {
      async pull(model, { signal, onProgress }) {
        let isOver = false;
        const hear = (step: unknown): void => {
          const progress = guard.read('onProgress', () => toProgress(step));
          if (!isOver && progress !== undefined) onProgress(progress);
        };
        await call(() => pull(model, { signal: signalFor(signal), onProgress: hear }), signal, true).finally(
          () => {
            isOver = true;
          },
        );
      },
    }),
    ...(load !== undefined && { load: inMemory(load) }),
    ...(unload !== undefined && { unload: inMemory(unload) }),
    ...(close !== undefined && { close: () => guard.run('close', close) }),
  };
}
