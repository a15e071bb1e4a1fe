/**
 * Owns what a part is: a versioned folder in a cache outside the repository, filled once and never half-filled.
 * Knows nothing of any single part, nor of what is printed.
 */
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';

/** A real program or model that the tests on real parts need and that no package manager installs ready to run. */
export interface Part {
  readonly name: string;
  readonly version: string;
  /** Where the part is, or will be once installed. Absolute. */
  readonly folder: string;
  /** True when the part is complete: a folder only ever appears under its name when its build has finished. */
  isInstalled(): boolean;
  /** Builds the part. Rejects with what went wrong, and then leaves nothing behind under the part's name. */
  install(): Promise<void>;
}

/** What tells one part from another. */
export interface PartRecipe {
  name: string;
  version: string;
  /** Added to the folder's name where one version is built in several ways: for a processor, by a recipe that changes. */
  variant?: string;
  /** A file below the folder without which the part is not there. */
  proof: string;
  /** Fills `folder`, which exists and is empty, and may use `scratch`, which is thrown away afterwards. */
  build(folder: string, scratch: string): Promise<void>;
}

export function definePart(recipe: PartRecipe): Part {
  const { name, version, variant, proof } = recipe;
  const folder = join(cacheFolder(), [name, version, variant].filter(Boolean).join('-'));
  const isInstalled = () => existsSync(join(folder, proof));

  return {
    name,
    version,
    folder,
    isInstalled,
    async install() {
      await removeAbandonedBuilds(folder);
      const building = `${folder}.building-${process.pid}`;
      const scratch = join(building, 'scratch');
      const result = join(building, 'result');
      try {
        await mkdir(scratch, { recursive: true });
        await mkdir(result);
        await recipe.build(result, scratch);
        if (!existsSync(join(result, proof))) throw new Error(`${name} was built, but ${proof} is not there`);
        await rm(folder, { recursive: true, force: true });
        await rename(result, folder);
      } finally {
        await rm(building, { recursive: true, force: true });
      }
    },
  };
}

function cacheFolder(): string {
  const root = process.env['XDG_CACHE_HOME'];
  return join(root === undefined || root === '' ? join(homedir(), '.cache') : root, 'ws-llm');
}

/** A build that was killed leaves its folder behind; its owner's process id tells that nobody is using it. */
async function removeAbandonedBuilds(folder: string): Promise<void> {
  const parent = dirname(folder);
  await mkdir(parent, { recursive: true });
  const prefix = `${basename(folder)}.building-`;
  for (const entry of await readdir(parent)) {
    if (!entry.startsWith(prefix)) continue;
    if (isAlive(Number(entry.slice(prefix.length)))) continue;
    await rm(join(parent, entry), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
