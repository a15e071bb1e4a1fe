/** Proves that nothing that tests start is left behind: it ends in the opposite order, also where a later start or an end fails. */
import { expect, test } from 'vitest';
import { startTogether } from './started-parts.ts';

test('what was started together is stopped once, the last started first', async () => {
  const ends: string[] = [];
  const whole = await startTogether(async (started) => {
    const name = started.add({ name: 'first', stop: async () => void ends.push('first') }).name;
    started.later(async () => void ends.push('second'));
    started.add({ close: async () => void ends.push('third') });
    return { name };
  });
  expect(whole.name).toBe('first');
  expect(ends).toEqual([]);
  await whole.stop();
  await whole.stop();
  expect(ends).toEqual(['third', 'second', 'first']);
});

test('where a later part does not start, those that did are stopped, and why is told', async () => {
  const ends: string[] = [];
  const whole = startTogether(async (started) => {
    started.add({ stop: async () => void ends.push('first') });
    throw new Error('no second');
  });
  await expect(whole).rejects.toThrow('no second');
  expect(ends).toEqual(['first']);
});

test('a part that cannot be stopped keeps none of the others, and is told', async () => {
  const ends: string[] = [];
  const whole = await startTogether(async (started) => {
    started.add({ stop: async () => void ends.push('first') });
    started.later(() => Promise.reject(new Error('it hangs')));
    return {};
  });
  await expect(whole.stop()).rejects.toThrow('it hangs');
  expect(ends).toEqual(['first']);
});
