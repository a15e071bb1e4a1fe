/**
 * A backend of one's own, from a JavaScript module: `createBackend` or the default export, a Backend or a function that returns one.
 * Checks what it gets, so that a mistake is told at the start and not in the first reply.
 */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Backend } from '../backend.ts';
import { heldToContract } from './foreign-backend.ts';

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
export interface BackendModuleOptions {
  /** What LLM_MODEL says. */
  model: string | undefined;
}

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
export async function loadBackendModule(path: string, options: BackendModuleOptions): Promise<Backend> {
  const module = await importModule(path);
  const exported = module['createBackend'] ?? module['default'];
  if (exported === undefined) {
    throw new BackendModuleError(path, 'it exports neither createBackend nor a default');
  }
  const made = typeof exported === 'function' ? await make(path, exported, options) : exported;
  return heldToContract(checked(path, made));
}

async function importModule(path: string): Promise<Record<string, unknown>> {
  try {
    return (await import(pathToFileURL(resolve(path)).href)) as Record<string, unknown>;
  } catch (error) {
    throw new BackendModuleError(path, `it cannot be loaded (${messageOf(error)})`, error);
  }
}

async function make(path: string, create: Function, options: BackendModuleOptions): Promise<unknown> {
  try {
    return (await create(options)) as unknown;
  } catch (error) {
    throw new BackendModuleError(path, `its function failed (${messageOf(error)})`, error);
  }
}

function checked(path: string, value: unknown): Backend {
  if (typeof value !== 'object' || value === null) {
    throw new BackendModuleError(path, `expected an object, not ${value === null ? 'null' : typeof value}`);
  }
  const { name, reply, model } = value as Record<string, unknown>;
  if (typeof name !== 'string' || name === '') throw new BackendModuleError(path, 'it has no name');
  if (typeof reply !== 'function') throw new BackendModuleError(path, 'it has no method reply');
  if (model !== undefined && typeof model !== 'string') {
    throw new BackendModuleError(path, 'its model is neither a string nor undefined');
  }
  for (const method of optionalMethods) {
    const own = (value as Record<string, unknown>)[method];
    if (own !== undefined && typeof own !== 'function') {
      throw new BackendModuleError(path, `its ${method} is not a function`);
    }
  }
  return value as Backend;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
