/**
 * A backend of one's own, from a JavaScript module: `createBackend` or the default export, a Backend or a function that returns one.
 * Checks what it gets, so that a mistake is told at the start and not in the first reply.
 */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Backend } from '../backend.ts';
import { messageOf } from '../thrown.ts';
import { enforceContract } from './foreign-backend.ts';
import type { ContractOptions } from './foreign-guard.ts';

/** What is wrong with the module, for whoever wrote it. */
export class BackendModuleError extends Error {
  override readonly name = 'BackendModuleError';

  constructor(path: string, problem: string, cause?: unknown) {
    super(`${path} (LLM_BACKEND) is not a backend: ${problem}. docs/backends.md shows how one is written.`, {
      cause,
    });
  }
}

/** What the function of a module is given. */
interface ModuleArguments {
  /** What LLM_MODEL says. */
  model: string | undefined;
}

export interface BackendModuleOptions extends ModuleArguments {
  /** Called when the module breaks its contract without failing a reply. */
  onFault?: ContractOptions['onFault'];
  /** Timeout in ms for loading the module, and again for its function. Default: 10,000. */
  timeoutMs?: number;
}

const defaultTimeoutMs = 10_000;

const optionalMethods = [
  'contextTokens',
  'takesTools',
  'warm',
  'models',
  'pull',
  'load',
  'unload',
  'close',
] as const;

/**
 * `path`: relative to the working directory, or absolute.
 * @throws BackendModuleError
 */
export async function loadBackendModule(
  path: string,
  { model, onFault, timeoutMs = defaultTimeoutMs }: BackendModuleOptions,
): Promise<Backend> {
  const module = await importModule(path, timeoutMs);
  const exported = module['createBackend'] ?? module['default'];
  if (exported === undefined) {
    throw new BackendModuleError(path, 'it exports neither createBackend nor a default');
  }
  const made = typeof exported === 'function' ? await make(path, exported, { model }, timeoutMs) : exported;
  const options = { culprit: path, ...(onFault !== undefined && { onFault }) };
  return enforceContract(checked(path, made), options);
}

async function importModule(path: string, timeoutMs: number): Promise<Record<string, unknown>> {
  try {
    const imported = import(pathToFileURL(resolve(path)).href) as Promise<Record<string, unknown>>;
    return await inTime(imported, path, timeoutMs, 'it did not finish loading (a top-level await?)');
  } catch (error) {
    if (error instanceof BackendModuleError) throw error;
    throw new BackendModuleError(path, `it cannot be loaded (${messageOf(error)})`, error);
  }
}

async function make(
  path: string,
  create: Function,
  options: ModuleArguments,
  timeoutMs: number,
): Promise<unknown> {
  try {
    const made = Promise.resolve(create(options) as unknown);
    return await inTime(made, path, timeoutMs, 'its function returned no backend');
  } catch (error) {
    if (error instanceof BackendModuleError) throw error;
    throw new BackendModuleError(path, `its function failed (${messageOf(error)})`, error);
  }
}

/**
 * The timer also keeps the process alive: a promise that never settles does not, and Node would
 * exit without a message.
 */
async function inTime<T>(work: Promise<T>, path: string, timeoutMs: number, problem: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const seconds = timeoutMs / 1_000;
    timer = setTimeout(
      () => reject(new BackendModuleError(path, `${problem} within ${seconds} s`)),
      timeoutMs,
    );
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function checked(path: string, value: unknown): Backend {
  if (typeof value !== 'object' || value === null) {
    throw new BackendModuleError(path, `expected an object, not ${value === null ? 'null' : typeof value}`);
  }
  const name = member(value, 'name');
  if (typeof name !== 'string' || name === '') throw new BackendModuleError(path, 'it has no name');
  if (typeof member(value, 'reply') !== 'function')
    throw new BackendModuleError(path, 'it has no method reply');
  const model = member(value, 'model');
  if (model !== undefined && typeof model !== 'string') {
    throw new BackendModuleError(path, 'its model is neither a string nor undefined');
  }
  for (const method of optionalMethods) {
    const own = member(value, method);
    if (own !== undefined && typeof own !== 'function') {
      throw new BackendModuleError(path, `its ${method} is not a function`);
    }
  }
  return value as Backend;
}

/** Undefined if a getter throws: it may have a value later. */
function member(value: object, name: string): unknown {
  try {
    return (value as Record<string, unknown>)[name];
  } catch {
    return undefined;
  }
}
