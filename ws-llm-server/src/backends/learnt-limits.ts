/** What models were seen to take, for a while: a server may be started anew with another limit. One per backend. */
import { BoundedMap } from './bounded-map.ts';

interface LearntLimit {
  tokens: number;
  until: number;
  /**
   * `told`: by a refusal. `tooMuch`: it took less than that. `enough`: after that, it took a prompt for which that leaves just the room
   * for a reply.
   */
  by: 'told' | 'tooMuch' | 'enough';
}

/** How long a refusal is trusted; optional-tools.ts uses it, too. */
export const trustedMs = 600_000;

export class LearntLimits {
  readonly #limits = new BoundedMap<LearntLimit>();

  /** `model`: as requests name it. */
  get(model: string | undefined): Readonly<LearntLimit> | undefined {
    const learnt = this.#limits.get(model ?? '');
    return learnt !== undefined && performance.now() < learnt.until ? learnt : undefined;
  }

  /** Only what a server has said itself. */
  told(model: string | undefined): number | undefined {
    const learnt = this.get(model);
    return learnt?.by === 'told' ? learnt.tokens : undefined;
  }

  learn(model: string | undefined, tokens: number, by: LearntLimit['by']): void {
    this.#limits.set(model ?? '', { tokens, by, until: performance.now() + trustedMs });
  }
}
