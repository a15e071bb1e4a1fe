/** Owns telling one kind of processor from another: what is compiled for this one may not run on the next. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';

/** Short and stable for one processor model with one set of instructions. */
export function cpuKey(): string {
  return createHash('sha256').update(describeCpu()).digest('hex').slice(0, 8);
}

function describeCpu(): string {
  try {
    const lines = readFileSync('/proc/cpuinfo', 'utf8').split('\n');
    const first = (name: string) => lines.find((line) => line.startsWith(name)) ?? '';
    return [process.arch, first('model name'), first('flags'), first('Features')].join('\n');
  } catch {
    return [process.arch, cpus()[0]?.model].join('\n');
  }
}
