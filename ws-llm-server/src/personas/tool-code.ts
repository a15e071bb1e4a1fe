/**
 * The code beside a persona: `<name>.tools.js`, an ES module that exports one function per tool, by the tool's name.
 * Loads it, and says where it is wrong. Does not know what tools there are.
 */
import { execFile } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { asCodeOf } from '../foreign-code.ts';
import { detailsOf } from '../thrown.ts';

/** Either what the module exports, or why it cannot be loaded. */
export interface ToolCode {
  path: string;
  exports: ReadonlyMap<string, unknown>;
  /** One line each, as `path:line: what`. Where there are any, `exports` is empty. */
  problems: readonly string[];
}

/** A module that waits at its top level for longer is given up; at the start the server waits for it. */
const loadTimeoutMs = 5_000;
let loads = 0;

/** Code that is not loaded. */
export function brokenCode(path: string, problem: string): ToolCode {
  return { path, exports: new Map(), problems: [problem] };
}

/**
 * Loads the module anew. No module is ever freed, so only for a `source`, the file's text, that is new. Never rejects.
 * What the module itself imports stays as it was first loaded.
 * @param signal aborted: the result is of no use to anybody
 */
export async function loadToolCode(path: string, source: string, signal?: AbortSignal): Promise<ToolCode> {
  loads += 1;
  const address = `${pathToFileURL(path).href}?reload=${loads}`;
  const { promise: late, stop } = givenUp(signal);
  try {
    const load = async (): Promise<unknown> => import(/* @vite-ignore */ address);
    // A module that exports `then` is a thenable, and may resolve to anything.
    const module: unknown = await Promise.race([asCodeOf(path, load), late]);
    return { path, exports: new Map(Object.entries(module as object)), problems: [] };
  } catch (error) {
    return brokenCode(path, await describe(path, source, error, signal));
  } finally {
    stop();
  }
}

/** Rejects when the module has had its time, or nobody waits for it. */
function givenUp(signal: AbortSignal | undefined): { promise: Promise<never>; stop: () => void } {
  const ended = new AbortController();
  const promise = new Promise<never>((_, reject) => {
    const fail = (why: string): void => reject(new Error(why));
    const timer = setTimeout(() => fail(`it has not loaded after ${loadTimeoutMs} ms`), loadTimeoutMs);
    signal?.addEventListener('abort', () => fail('it was given up'), { signal: ended.signal });
    ended.signal.addEventListener('abort', () => clearTimeout(timer));
  });
  return { promise, stop: () => ended.abort() };
}

async function describe(
  path: string,
  source: string,
  error: unknown,
  signal: AbortSignal | undefined,
): Promise<string> {
  const { message, stack = '' } = detailsOf(error);
  // Said of what is right in a module, so it was not taken for one.
  if (/Unexpected token 'export'|Cannot use import statement/.test(message)) {
    return `${path}: ${message}. It has to be an ES module; where the nearest package.json says "type": "commonjs", let it say "module"`;
  }
  const line = /\.tools\.js(?:\?reload=\d+)?:(\d+)/.exec(stack)?.[1];
  if (line !== undefined) return `${path}:${line}: ${message}`;
  const mistake = await findSyntaxError(source, signal);
  return mistake === undefined ? `${path}: ${message}` : `${path}:${mistake.line}: ${mistake.message}`;
}

/** An import that fails does not tell the line; Node's own check of the syntax does. */
function findSyntaxError(
  source: string,
  signal: AbortSignal | undefined,
): Promise<{ line: string; message: string } | undefined> {
  return new Promise((resolve) => {
    const check = execFile(
      process.execPath,
      ['--input-type=module', '--check'],
      { timeout: loadTimeoutMs, ...(signal !== undefined && { signal }) },
      (_error, _stdout, stderr) => {
        const line = /^\[stdin\]:(\d+)$/m.exec(stderr)?.[1];
        const message = /^SyntaxError: (.+)$/m.exec(stderr)?.[1];
        resolve(line === undefined || message === undefined ? undefined : { line, message });
      },
    );
    // It may be gone before it has read everything.
    check.stdin?.on('error', () => undefined);
    check.stdin?.end(source);
  });
}
