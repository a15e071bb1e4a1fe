/**
 * Whatever is opened before, during or after the end of its owner is closed once, the last first.
 */
import { expect, test } from 'vitest';
import { Lifetime } from '../src/lifetime.ts';

test('everything is closed, the last first, each waited for, although one fails', async () => {
  const life = new Lifetime();
  const closed: string[] = [];
  const close = (name: string) => async () => {
    await Promise.resolve();
    closed.push(name);
  };
  life.own(close('first'));
  life.own(() => {
    throw new Error('it does not close');
  });
  life.own(() => Promise.reject(new Error('nor does it')));
  life.own(close('last'));
  await Promise.all([life.end(), life.end()]);
  expect(closed).toEqual(['last', 'first']);
});

test('what is opened while it ends, or afterwards, is closed at once', async () => {
  const life = new Lifetime();
  const closed: string[] = [];
  life.signal.addEventListener('abort', () => life.own(() => closed.push('during')));
  life.own(() => closed.push('before'));
  const ending = life.end();
  life.own(() => closed.push('just after'));
  await ending;
  life.own(() => closed.push('after'));
  await Promise.resolve();
  expect(closed.toSorted()).toEqual(['after', 'before', 'during', 'just after']);
});
