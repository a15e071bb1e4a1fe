/** A folder of a test's own, gone when the test ends, and the files that are written into it. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

export interface ScratchFolder {
  path: string;
  file: (name: string) => string;
  write: (name: string, text: string) => void;
  /** As editors save: another file takes its place. */
  replace: (name: string, text: string) => void;
  remove: (name: string) => void;
  /** A named pipe, which nothing writes to. */
  makePipe: (name: string) => void;
  link: (name: string, target: string) => void;
}

export function scratchFolder(): ScratchFolder {
  const path = mkdtempSync(join(tmpdir(), 'ws-llm-personas-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  const file = (name: string): string => join(path, name);
  const write = (name: string, text: string): void => {
    mkdirSync(path, { recursive: true });
    writeFileSync(file(name), text);
  };
  return {
    path,
    file,
    write,
    replace(name, text) {
      write(`.${name}.swp`, text);
      renameSync(file(`.${name}.swp`), file(name));
    },
    remove: (name) => rmSync(file(name)),
    makePipe: (name) => void execFileSync('mkfifo', [file(name)]),
    link: (name, target) => symlinkSync(target, file(name)),
  };
}

/** The text of a persona's Markdown file. */
export function personaFile(head: string, prompt = 'You are a test.'): string {
  return `---\n${head}\n---\n\n${prompt}\n`;
}
