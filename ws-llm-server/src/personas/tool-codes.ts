/**
 * The code of a folder's personas, loaded once for each text of its file. Code that loads slowly, or never, delays no other persona.
 * Does not read files.
 */
import type { FileText } from './read-regular-file.ts';
import { brokenCode, loadToolCode, type ToolCode } from './tool-code.ts';

interface Load {
  source: string;
  code: Promise<ToolCode>;
}

export class ToolCodes {
  readonly #loads = new Map<string, Load>();
  readonly #closed = new AbortController();

  /**
   * Undefined: there is none. `'loading'`: it has not loaded within `patienceMs`; `onLoaded` is called when it has, and the same
   * call gives it then. Never rejects.
   */
  async of(
    file: string,
    path: string,
    source: FileText,
    { patienceMs, onLoaded = () => undefined }: { patienceMs?: number; onLoaded?: () => void },
  ): Promise<ToolCode | undefined | 'loading'> {
    if (source.type !== 'text') this.#loads.delete(file);
    switch (source.type) {
      case 'absent':
        return undefined;
      case 'unreadable':
        return brokenCode(path, `${path}: cannot be read (${source.why})`);
      case 'text': {
        const load = this.#load(file, path, source.text);
        const code = patienceMs === undefined ? await load.code : await within(load.code, patienceMs);
        if (code === 'loading') void load.code.then(onLoaded);
        // What failed may load when its persona is saved again: what it imports may be there then.
        else if (code.problems.length > 0) this.#forget(file, load);
        return code;
      }
    }
  }

  forget(file: string): void {
    this.#loads.delete(file);
  }

  /** Gives up what is being loaded. */
  close(): void {
    this.#closed.abort();
  }

  #load(file: string, path: string, source: string): Load {
    const known = this.#loads.get(file);
    if (known?.source === source) return known;
    const load = { source, code: loadToolCode(path, source, this.#closed.signal) };
    this.#loads.set(file, load);
    return load;
  }

  #forget(file: string, load: Load): void {
    if (this.#loads.get(file) === load) this.#loads.delete(file);
  }
}

async function within(code: Promise<ToolCode>, patienceMs: number): Promise<ToolCode | 'loading'> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'loading'>((resolve) => {
    timer = setTimeout(() => resolve('loading'), patienceMs);
  });
  const first = await Promise.race([code, late]);
  clearTimeout(timer);
  return first;
}
