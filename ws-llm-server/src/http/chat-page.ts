/** Finds the built chat page: beside the package when it was installed, in its own folder in the workspace. */
import { readFile } from 'node:fs/promises';
import { packageFolder } from '../package-folder.ts';

const places = ['chat-client.html', '../chat-client/chat-client.html'];

/** @throws Error where it is in none of its places */
export async function readChatPage(): Promise<string> {
  for (const place of places) {
    try {
      return await readFile(new URL(place, packageFolder), 'utf8');
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    }
  }
  throw new Error('The chat page is missing. Build it with: npm run build:page');
}
