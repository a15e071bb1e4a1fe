/** Checks what a program passes to createPersonaServer, which TypeScript cannot check for JavaScript. */
import type { SharedLimits } from '@ws-llm/protocol';
import type { TurnLimits } from './context/turns.ts';
import { longestTimerMs } from './limit-variables.ts';
import { type ConnectionLimits, defaultLimits, defaultSharedLimits } from './limits.ts';

export interface CheckedOptions {
  turnLimits: TurnLimits;
  limits?: Partial<ConnectionLimits>;
  sharedLimits?: Partial<SharedLimits>;
}

/** @throws TypeError with every option that is wrong, and what was expected */
export function checkOptions({ turnLimits, limits = {}, sharedLimits = {} }: CheckedOptions): void {
  const problems = [
    ...wrongNumbers('turnLimits', { ...turnLimits }, ['turns', 'chars']),
    ...wrongNumbers('limits', { ...limits }, Object.keys(defaultLimits)),
    ...wrongNumbers('sharedLimits', { ...sharedLimits }, Object.keys(defaultSharedLimits)),
  ];
  if (problems.length > 0) throw new TypeError(`createPersonaServer: ${problems.join('; ')}`);
}

/** What is undefined has its default. */
function wrongNumbers(option: string, given: Record<string, unknown>, known: readonly string[]): string[] {
  return Object.entries(given).flatMap(([key, value]) => {
    if (value === undefined) return [];
    if (!known.includes(key)) return [`${option}.${key} is unknown; expected one of ${known.join(', ')}`];
    const most = key.endsWith('_ms') ? longestTimerMs : Number.MAX_SAFE_INTEGER;
    if (typeof value === 'number' && value > 0 && value <= most) return [];
    return [`${option}.${key}: expected a number above 0 and up to ${most}`];
  });
}
