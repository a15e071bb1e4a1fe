/** How long a run of the law is, and where it begins. Told by the configuration of the run; `npm test` tells nothing and gets the short one. */
import { inject } from 'vitest';
import type { LawKind } from './script.ts';

export interface LawSettings {
  /** Which tests there are. */
  kinds: readonly LawKind[];
  /** Of which each kind has its share. */
  cases: number;
  /** Of every required cell; cases are added until it is reached, and a run that needs far too many fails. */
  leastHits: number;
  /** Whether to print how often each cell was hit. */
  showsTable: boolean;
  /** Default: another one each time. */
  seed?: number;
  /** Only the case of that path and seed. */
  path?: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    law: LawSettings | undefined;
  }
}

const shortRun: LawSettings = {
  kinds: ['threads', 'mirrors', 'plain'],
  cases: 120,
  leastHits: 0,
  showsTable: false,
};

export function lawSettings(): LawSettings {
  return inject('law') ?? shortRun;
}
