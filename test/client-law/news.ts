/** Lets one wait for what others bring about, and give up when nothing happens any more. */
import { LawBroken } from './law-broken.ts';

export class News {
  readonly #quietMs: number;
  #waiting: (() => void)[] = [];

  /** @param quietMs how long nothing at all may happen while something is waited for, in milliseconds */
  constructor(quietMs: number) {
    this.#quietMs = quietMs;
  }

  /** Something happened that somebody may wait for. */
  poke(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /** @throws LawBroken where nothing happens any more */
  async until(reached: () => boolean, law: string, how: () => string): Promise<void> {
    while (!reached()) {
      let timer: NodeJS.Timeout | undefined;
      const isQuiet = await new Promise<boolean>((resolve) => {
        this.#waiting.push(() => resolve(false));
        timer = setTimeout(() => resolve(true), this.#quietMs);
      });
      clearTimeout(timer);
      if (isQuiet && !reached()) throw new LawBroken(law, `${how()}, and nothing happens`);
    }
  }
}
