/** Name and version, as clients and logs see them. */
import { createRequire } from 'node:module';

const { name, version } = createRequire(import.meta.url)('../package.json') as {
  name: string;
  version: string;
};

export const serverName = `${name} ${version}`;
