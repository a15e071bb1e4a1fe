/** Owns the list of what the machine itself must bring: compilers to build the parts, Debian's packages to speak, hear and browse. */
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { spawnSync } from 'node:child_process';

interface RequiredTool {
  name: string;
  for: 'building' | 'running';
  /** Debian's packages that bring it; none where Debian's is too old. */
  packages: readonly string[];
  isPresent(): boolean;
}

const EN_US_MODEL = '/usr/share/pocketsphinx/model/en-us';

const requiredTools: readonly RequiredTool[] = [
  // Debian's own Go is too old for these modules; one from 1.21 on fetches the toolchain that a module asks for.
  {
    name: 'go (1.26 or later, see https://go.dev/doc/install)',
    for: 'building',
    packages: [],
    isPresent: onPath('go'),
  },
  { name: 'gcc', for: 'building', packages: ['gcc'], isPresent: onPath('gcc') },
  { name: 'g++', for: 'building', packages: ['g++'], isPresent: onPath('g++') },
  { name: 'python3 with pip', for: 'building', packages: ['python3', 'python3-pip'], isPresent: hasPip },
  {
    name: 'nlohmann/json.hpp',
    for: 'building',
    packages: ['nlohmann-json3-dev'],
    isPresent: () => existsSync('/usr/include/nlohmann/json.hpp'),
  },
  {
    name: 'stb_image.h',
    for: 'building',
    packages: ['libstb-dev'],
    isPresent: () => existsSync('/usr/include/stb/stb_image.h'),
  },
  { name: 'espeak-ng', for: 'running', packages: ['espeak-ng'], isPresent: onPath('espeak-ng') },
  { name: 'sox', for: 'running', packages: ['sox'], isPresent: onPath('sox') },
  {
    name: 'pocketsphinx_continuous',
    for: 'running',
    packages: ['pocketsphinx'],
    isPresent: onPath('pocketsphinx_continuous'),
  },
  {
    name: 'the English model of pocketsphinx',
    for: 'running',
    packages: ['pocketsphinx-en-us'],
    isPresent: () => existsSync(join(EN_US_MODEL, 'en-us', 'mdef')),
  },
  { name: 'openssl', for: 'running', packages: ['openssl'], isPresent: onPath('openssl') },
  { name: 'strace', for: 'running', packages: ['strace'], isPresent: onPath('strace') },
  { name: 'chromium', for: 'running', packages: ['chromium'], isPresent: onPath('chromium') },
];

/** Missing tools by name, and the command that installs those that Debian has. */
export interface MissingTools {
  names: string[];
  /** Undefined where Debian has none of them. */
  command: string | undefined;
}

/** Looks for all tools at once: those for running the parts, or those for building them as well. */
export function findMissingTools(purpose: 'running' | 'building and running'): MissingTools {
  const missing = requiredTools.filter(
    (tool) => (purpose !== 'running' || tool.for === 'running') && !tool.isPresent(),
  );
  const packages = missing.flatMap((tool) => tool.packages);
  return {
    names: missing.map((tool) => tool.name),
    command: packages.length === 0 ? undefined : `apt-get update && apt-get install -y ${packages.join(' ')}`,
  };
}

function onPath(program: string): () => boolean {
  return () => programPath(program) !== undefined;
}

/** Where a program is on the PATH; undefined where it is not. */
export function programPath(program: string): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, program)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function hasPip(): boolean {
  return spawnSync('python3', ['-m', 'pip', '--version'], { stdio: 'ignore' }).status === 0;
}
