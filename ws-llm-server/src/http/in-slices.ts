/** Does something for many clients without keeping the others waiting meanwhile. */

/** For so many at once; at some 50 microseconds each that is about 10 ms. */
const sliceSize = 200;

/**
 * Calls `act` for each item: the first slice now, each further one in a later turn of the event loop. A new
 * run replaces one that is under way. What `act` throws is the caller's to catch.
 */
export class InSlices<Item> {
  #next: NodeJS.Immediate | undefined;

  run(items: Iterable<Item>, act: (item: Item) => void): Promise<void> {
    this.stop();
    const waiting = [...items];
    return new Promise((resolve) => {
      const slice = (): void => {
        for (const item of waiting.splice(0, sliceSize)) act(item);
        if (waiting.length > 0) this.#next = setImmediate(slice);
        else resolve();
      };
      slice();
    });
  }

  /** What is left is not done, and the promise of its run stays pending. */
  stop(): void {
    clearImmediate(this.#next);
    this.#next = undefined;
  }
}
