/** The backend of docs/backends.md, as a file that LLM_BACKEND can name. */
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Its code, without the fence. */
export function documentedBackend(): string {
  const page = readFileSync(new URL('../../../docs/backends.md', import.meta.url), 'utf8');
  const code = /^```js my-backend\.js\n([\s\S]+?)^```$/m.exec(page)?.[1];
  if (code === undefined) throw new Error('docs/backends.md shows no my-backend.js');
  return code;
}

/** A folder that holds modules of a test, and goes with it. */
export async function moduleFolder(): Promise<{
  write: (name: string, code: string) => Promise<string>;
  remove: () => Promise<void>;
}> {
  const folder = await mkdtemp(join(tmpdir(), 'ws-llm-backend-'));
  return {
    async write(name, code) {
      const path = join(folder, name);
      await writeFile(path, code);
      return path;
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
