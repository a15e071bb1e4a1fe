/**
 * The code beside a persona: `<name>.tools.js`, an ES module that exports one function per tool, by the tool's name.
 * Loads it, and says where it is wrong. Does not know what tools there are.
 */
import { execFile } from 'node:child_process';
import { pathToFileURL } from 'node:url';

/** Either what the module exports, or why it cannot be loaded. */
export interface ToolCode {
  path: string;
  exports: ReadonlyMap<string, unknown>;
  /** One line each, as `path:line: what`. Where there are any, `exports` is empty. */
  problems: readonly string[];
}

/** A module that waits at its top level for longer would keep every persona from being read again. */
const loadTimeoutMs = 5_000;
let loads = 0;

/**
 * Loads the module anew. No module is ever freed, so only for a `source`, the file's text, that is new. Never rejects.
 * What the module itself imports stays as it was first loaded.
 */
export async function loadToolCode(path: string, source: string): Promise<ToolCode> {
  loads += 1;
  const address = `${pathToFileURL(path).href}?reload=${loads}`;
  let timer: NodeJS.Timeout | undefined;
  try {
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new Error(`it has not loaded after ${loadTimeoutMs} ms`)),
        loadTimeoutMs,
      );
    });
    const module: unknown = await Promise.race([import(/* @vite-ignore */ address), late]);
    return { path, exports: new Map(Object.entries(module as object)), problems: [] };
  } catch (error) {
    return { path, exports: new Map(), problems: [await describe(path, source, error)] };
  } finally {
    clearTimeout(timer);
  }
}

async function describe(path: string, source: string, error: unknown): Promise<string> {
  const message = error instanceof Error ? error.message : String(error);
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  // Said of what is right in a module, so it was not taken for one.
  if (/Unexpected token 'export'|Cannot use import statement/.test(message)) {
    return `${path}: ${message}. It has to be an ES module; where the nearest package.json says "type": "commonjs", let it say "module"`;
  }
  const line = /\.tools\.js(?:\?reload=\d+)?:(\d+)/.exec(stack)?.[1];
  if (line !== undefined) return `${path}:${line}: ${message}`;
  const mistake = await findSyntaxError(source);
  return mistake === undefined ? `${path}: ${message}` : `${path}:${mistake.line}: ${mistake.message}`;
}

/** An import that fails does not tell the line; Node's own check of the syntax does. */
function findSyntaxError(source: string): Promise<{ line: string; message: string } | undefined> {
  return new Promise((resolve) => {
    const check = execFile(
      process.execPath,
      ['--input-type=module', '--check'],
      { timeout: loadTimeoutMs },
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
