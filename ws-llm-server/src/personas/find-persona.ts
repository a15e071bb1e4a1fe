/** Where personas are: shipped ones beside the code, a user's own wherever its path says. */
import { existsSync, readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Persona } from './persona.ts';
import { PersonaError, readPersona } from './read-persona.ts';

const shipped = fileURLToPath(new URL('../../personas/', import.meta.url));

/**
 * The persona called `nameOrPath`: the name of a shipped one, or the path of a Markdown file.
 * @throws PersonaError
 */
export async function findPersona(nameOrPath: string): Promise<Persona> {
  if (nameOrPath.endsWith('.md')) return readPersona(nameOrPath);
  const path = `${shipped}${nameOrPath}.md`;
  if (!/^[\w-]+$/.test(nameOrPath) || !existsSync(path)) {
    throw new PersonaError(
      `PERSONA=${nameOrPath}: no such persona. Shipped are ${shippedNames().join(', ')}; your own is given by the path of its .md file.`,
    );
  }
  return readPersona(path);
}

function shippedNames(): string[] {
  return readdirSync(shipped).flatMap((file) => (file.endsWith('.md') ? [basename(file, '.md')] : []));
}
