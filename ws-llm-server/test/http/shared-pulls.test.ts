/**
 * A download of a model says much; what a client has not read of it stays small, and nothing is
 * said after its end.
 */
import { expect, test } from 'vitest';
import type { Backend, PullListener } from '../../src/backend.ts';
import { SharedPulls } from '../../src/http/shared-pulls.ts';

test('of the steps that nobody read the latest 64 are kept', async () => {
  let listener: PullListener | undefined;
  let finish = (): void => undefined;
  const backend: Pick<Backend, 'pull'> = {
    pull: (_, given) => {
      listener = given;
      return new Promise((resolve) => (finish = resolve));
    },
  };
  const steps = new SharedPulls(backend).join('m', new AbortController());
  const first = steps.next();
  for (let step = 0; step < 10_000; step += 1) listener?.onProgress({ status: `step ${step}` });
  finish();
  const read = [(await first).value?.status];
  for await (const { status } of steps) read.push(status);
  expect([read.length, read.at(-1)]).toEqual([64, 'step 9999']);
});
