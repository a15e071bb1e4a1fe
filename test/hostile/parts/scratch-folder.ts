/** Folders of files, for one test or for all of a file. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, onTestFinished } from 'vitest';

/** Gone after the test. `files`: their text, by name. */
export function scratchFolder(files: Record<string, string> = {}): string {
  const folder = makeFolder(files);
  onTestFinished(() => remove(folder));
  return folder;
}

/** Gone after all tests of the file. */
export function sharedFolder(files: Record<string, string>): string {
  const folder = makeFolder(files);
  afterAll(() => remove(folder));
  return folder;
}

function remove(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}

function makeFolder(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'ws-llm-hostile-'));
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
