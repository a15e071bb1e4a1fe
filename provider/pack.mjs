/**
 * `npm pack` puts into the tarball what the plugin needs of this workspace and no registry has: copies under `node_modules`, where npm takes
 * bundled dependencies from, and the licence. `node pack.mjs copy` before, `node pack.mjs remove` after. Builds nothing.
 */
import { existsSync } from 'node:fs';
import { cp, readdir, rm, rmdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const here = new URL('./', import.meta.url);
const bundled = ['client', 'protocol'];

/** @param {string} from @param {string} to */
async function copy(from, to) {
  await cp(fileURLToPath(new URL(from, here)), fileURLToPath(new URL(to, here)), { recursive: true });
}

/** @param {string} path */
async function remove(path) {
  await rm(fileURLToPath(new URL(path, here)), { recursive: true, force: true });
}

/**
 * What was built from a source that is gone would be packed too: the compiler leaves it.
 * @param {string} name
 */
async function removeStale(name) {
  for (const file of await readdir(fileURLToPath(new URL(`../${name}/dist`, here)))) {
    const source = file.replace(/\.(js|d\.ts)(\.map)?$/, '.ts');
    if (source !== file && !existsSync(new URL(`../${name}/src/${source}`, here))) {
      await remove(`../${name}/dist/${file}`);
    }
  }
}

await remove('node_modules/@ws-llm');
// Where npm has put nothing else there.
await rmdir(fileURLToPath(new URL('node_modules', here))).catch(() => undefined);
await remove('LICENSE');
if (process.argv[2] === 'copy') {
  await removeStale('provider');
  await copy('../LICENSE', 'LICENSE');
  for (const name of bundled) {
    await removeStale(name);
    for (const part of ['package.json', 'src', 'dist']) {
      await copy(`../${name}/${part}`, `node_modules/@ws-llm/${name}/${part}`);
    }
    await remove(`node_modules/@ws-llm/${name}/dist/.tsbuildinfo`);
  }
}
