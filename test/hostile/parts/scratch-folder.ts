/** A folder of files for one test, gone after it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** `files`: their text, by name. */
export function scratchFolder(files: Record<string, string> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'ws-llm-hostile-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  // Code without one is taken for CommonJS at first.
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  return folder;
}

/** Front matter and prompt of a persona with one tool, whose code is in `taker.tools.js`. */
export const takerPersona = `---
title: Taker
tools:
  - name: take
    description: Takes something.
---
You take things.
`;
