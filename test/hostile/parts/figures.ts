/**
 * What is measured while an attack runs, and how it is printed. Travels from a test to the reporter
 * in the test's `meta`.
 */

export interface Figures {
  /** Of the issue: `A1`. */
  clause: string;
  /** Most resident memory of the server. */
  peakMb: number;
  /** Longest time in which the server's event loop did not turn. */
  stallMs: number;
  /** Slowest answer of `GET /health`; Infinity where one was not answered at all. */
  healthMs: number;
  /** Most requests that were open at the model at once. */
  mostOpen: number;
  /** Most file descriptors of the server. */
  files: number;
  /** What the server wrote. */
  logKb: number;
  isAlive: boolean;
  /** Anything else, in words. */
  notes: string[];
}

declare module 'vitest' {
  interface TaskMeta {
    figures?: Figures;
  }
}

export function emptyFigures(clause: string): Figures {
  return {
    clause,
    peakMb: 0,
    stallMs: 0,
    healthMs: 0,
    mostOpen: 0,
    files: 0,
    logKb: 0,
    isAlive: true,
    notes: [],
  };
}

export const figuresHead = 'clause  result  lives  peak MB  stall ms  health ms  open  files  log kB  attack';

export function figuresLine(title: string, passed: boolean, figures: Figures): string {
  const { clause, isAlive, peakMb, stallMs, healthMs, mostOpen, files, logKb, notes } = figures;
  const cells = [
    clause.padEnd(6),
    (passed ? 'green' : 'RED').padEnd(6),
    (isAlive ? 'yes' : 'NO').padEnd(5),
    whole(peakMb).padStart(7),
    whole(stallMs).padStart(8),
    (Number.isFinite(healthMs) ? whole(healthMs) : 'never').padStart(9),
    whole(mostOpen).padStart(4),
    whole(files).padStart(5),
    whole(logKb).padStart(6),
    title + (notes.length > 0 ? ` [${notes.join('; ')}]` : ''),
  ];
  return cells.join('  ');
}

function whole(value: number): string {
  return value.toFixed(0);
}
