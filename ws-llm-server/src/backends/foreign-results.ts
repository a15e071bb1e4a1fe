/** Checks and copies the results of methods of a backend that is not ours. Pure. */
import { BackendError, type BackendWarmth, type ModelInfo, type PullProgress } from '../backend.ts';

const maxModels = 10_000;
const maxStatusChars = 300;

/** `warm` may return nothing. */
export function toWarmth(value: unknown): BackendWarmth {
  const { prefilledTokens } = asRecord(value);
  return isCount(prefilledTokens) ? { prefilledTokens } : {};
}

/** @throws BackendError if it is not a list of models */
export function toModels(value: unknown, culprit: string): ModelInfo[] {
  if (!Array.isArray(value)) throw notModels(culprit);
  return value.slice(0, maxModels).map((model) => {
    const { name, backend, sizeBytes, contextTokens, loaded } = asRecord(model);
    if (typeof name !== 'string') throw notModels(culprit);
    return {
      name,
      ...(typeof backend === 'string' && { backend }),
      ...(isCount(sizeBytes) && { sizeBytes }),
      ...(isCount(contextTokens) && { contextTokens }),
      ...(typeof loaded === 'boolean' && { loaded }),
    };
  });
}

/** Undefined if it is not a progress step. */
export function toProgress(value: unknown): PullProgress | undefined {
  const { status, completedBytes, totalBytes } = asRecord(value);
  if (typeof status !== 'string') return undefined;
  return {
    status: status.slice(0, maxStatusChars),
    ...(isCount(completedBytes) && { completedBytes }),
    ...(isCount(totalBytes) && { totalBytes }),
  };
}

export function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

export function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

function notModels(culprit: string): BackendError {
  const message = `${culprit}: models() returned no list of models. Return [{name: "..."}].`;
  return new BackendError('backend_failed', message, { retryable: false });
}
