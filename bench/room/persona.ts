/** The persona that answers in the rooms that are measured, as a file for as long as it is needed. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Held by our server, and by the control in its agent. */
export const instructions = 'You are a helpful assistant. You answer in one or two short sentences.';

export async function withBenchPersona(use: (path: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'ws-llm-bench-'));
  try {
    const path = join(folder, 'bench.md');
    await writeFile(path, `---\ntitle: Bench\ngreeting: Hello.\n---\n${instructions}\n`);
    await use(path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
