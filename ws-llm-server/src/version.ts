/** Name and version, as clients and logs see them. */
import { readFileSync } from 'node:fs';
import { packageFolder } from './package-folder.ts';

const manifest = readFileSync(new URL('package.json', packageFolder), 'utf8');
const { name, version } = JSON.parse(manifest) as { name: string; version: string };

export const serverName = `${name} ${version}`;
