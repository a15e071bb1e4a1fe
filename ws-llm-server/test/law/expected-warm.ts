/** One `warm` as its client knows it: how it may end. Knows nothing of other requests. */
import { earlyMs, hasStalledSince } from './awake-clock.ts';
import { type End, ExpectedRequest, overdueMs } from './expected-request.ts';
import type { Trouble } from './reply-plan.ts';

/** How it may end by itself; a deadline may end any that has one. */
type WarmEnd = 'warmed' | 'backend_timeout' | 'backend_unavailable' | 'backend_failed' | 'rate_limited';

export class ExpectedWarm extends ExpectedRequest {
  override readonly type = 'warm';
  readonly #sentAt = performance.now();

  protected override objection({ at, result }: End): string | undefined {
    if (result.type === 'complete') {
      return result.reason === 'cancelled' && this.cancelled
        ? undefined
        : 'complete, and nobody cancelled it';
    }
    const end = result.type === 'warmed' ? 'warmed' : result.code;
    const possible = possibleEnds(this.plan.trouble);
    if (end === 'backend_timeout') {
      const sinceMs = at - this.#sentAt;
      const { total_ms: totalMs } = this.deadlines;
      if (hasStalledSince(this.#sentAt)) return undefined;
      if (sinceMs + earlyMs < totalMs) return 'before its deadline';
      return sinceMs > totalMs + overdueMs ? 'long after its deadline' : undefined;
    }
    return possible.some((one) => one === end) ? undefined : `${end} instead of ${possible.join(' or ')}`;
  }
}

/** What breaks off after the prompt was read may count either way: nobody wanted the reply. */
function possibleEnds(trouble: Trouble): readonly WarmEnd[] {
  switch (trouble) {
    case 'none':
    case 'split characters':
    case 'too long':
      return ['warmed'];
    case 'refused':
    case '500':
    case '500, then well':
      return ['backend_unavailable'];
    case '401':
      return ['backend_failed'];
    case '429':
      return ['rate_limited'];
    case 'silent at first':
    case 'silent later':
    case 'endless':
      return ['backend_timeout'];
    case 'cut':
    case 'malformed':
    case 'reset':
    case 'error in stream':
      return ['warmed', 'backend_failed', 'backend_unavailable'];
  }
}
