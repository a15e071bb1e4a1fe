/**
 * What clients and the log read of a failure: our words, a little of the server's, and nothing of
 * what people said.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BackendError, type BackendRequest } from '../src/backend.ts';
import { failureText } from '../src/failure-text.ts';
import { maskSecrets } from '../src/mask-secrets.ts';
import { withoutEchoes } from '../src/text-echoes.ts';
import { cpuTime } from './cpu-time.ts';

function refusal(said: string): BackendError {
  return new BackendError('bad_request', 'The model server answered 400', { retryable: false, said });
}

const confession = 'I have told nobody that I lost my "job"\nand that my cat Mimi is sick.';
const request: BackendRequest = {
  messages: [
    { role: 'system', content: 'You are a persona with a secret: the treasure lies below the old oak.' },
    { role: 'user', content: [{ type: 'text', text: confession }] },
    {
      role: 'assistant',
      content: '',
      toolCalls: [{ id: 'c', name: 'look_up', arguments: '{"account":"DE02 1203 0000 0000 2020 51"}' }],
    },
    { role: 'tool', toolCallId: 'c', content: 'Balance of Ada Lovelace: 12 pounds, 3 shillings.' },
  ],
  params: {},
};

test("the server's words follow ours, on one line, 300 characters of them at most", () => {
  expect(failureText(refusal('  no\tsuch\r\n\u0000 thing '))).toBe(
    'The model server answered 400: no such thing',
  );
  const long = failureText(refusal('word '.repeat(100_000)));
  expect(long.length).toBeLessThanOrEqual('The model server answered 400: '.length + 300);
});

test('a page of HTML is not repeated, nor are tags', () => {
  expect(failureText(refusal('\n<!DOCTYPE html><html><body>Sorry</body></html>'))).toBe(
    'The model server answered 400: a page of markup',
  );
  expect(failureText(refusal('bad <b onclick="x()">thing</b> <img src=x onerror=y'))).not.toMatch(/<[a-z/]/);
});

test('"model not found" and what mends it come through', () => {
  expect(failureText(refusal('model "llama9" not found, try pulling it first'), { request })).toContain(
    'model "llama9" not found, try pulling it first',
  );
});

describe('what the request holds is not repeated', () => {
  const body = { messages: request.messages };
  test.each([
    ['as it is', confession],
    ['as JSON', JSON.stringify(body)],
    ['as JSON in JSON', JSON.stringify(JSON.stringify(body))],
    ['with every character escaped', escapeAll(confession)],
    [
      'as Python writes it',
      `[{'content': 'I have told nobody that I lost my "job"\\nand that my cat Mimi'}]`,
    ],
    ['with other white space', confession.replaceAll(' ', ' \n\t ')],
    ['cut anywhere', confession.slice(7, 50)],
    ['the prompt', 'Input: You are a persona with a secret: the treasure lies below the old oak.'],
    ['the arguments of a call', 'in {"account":"DE02 1203 0000 0000 2020 51"}'],
    ['the result of a tool', 'Balance of Ada Lovelace: 12 pounds, 3 shillings.'],
  ])('%s', (_, said) => {
    const text = failureText(refusal(`Invalid input: ${said}`), { request });
    expect(text).toContain('Invalid input:');
    for (const secret of ['nobody that I', 'cat Mimi', 'old oak', 'treasure', '2020', 'Lovelace'])
      expect(text).not.toContain(secret);
    expect(text).toContain('…');
  });

  test('tool results of later rounds, which the request does not hold', () => {
    const alsoSent = ['the patient of room 12 was discharged'];
    expect(
      failureText(refusal('bad: the patient of room 12 was discharged'), { request, alsoSent }),
    ).not.toContain('room 12');
  });

  test('a run behind the cut of what is searched is not told by half', () => {
    const said = `${' '.repeat(3_985)}${confession}`;
    expect(failureText(refusal(said), { request })).toBe('The model server answered 400');
  });
});

test('whatever is repeated, from 24 characters on, in whatever is around it', () => {
  const unit = fc.string({ unit: 'grapheme', minLength: 24, maxLength: 60 });
  const printable = unit
    .map((text) => text.replaceAll(/[\s\\\p{C}]/gu, 'x'))
    .filter((text) => text.length > 23);
  fc.assert(
    fc.property(printable, fc.string(), fc.string(), fc.boolean(), (echo, before, after, asJson) => {
      const said = `${before}|${asJson ? JSON.stringify(echo) : echo}|${after}`;
      expect(withoutEchoes(said, [`${after} ${echo} ${before}`])).not.toContain(echo);
    }),
    { numRuns: 200 },
  );
  const alphabet = 'abcdefghijklmnopqrstuvwxyz';
  expect(withoutEchoes(`<${alphabet.slice(0, 24)}>`, [alphabet])).toBe('<…>');
  expect(withoutEchoes(`<${alphabet.slice(0, 23)}>`, [alphabet])).toBe(`<${alphabet.slice(0, 23)}>`);
});

describe('secrets', () => {
  test('a key is masked in both parts, also as URLs write it and where the text was cut within it', () => {
    const secrets = ['sk/secret+12345'];
    const error = new BackendError('backend_failed', 'sk/secret+12345 is wrong', {
      retryable: false,
      said: 'not sk/secret+12345, not sk%2Fsecret%2B12345, not sk/secret+1',
    });
    expect(failureText(error, { secrets })).toBe('… is wrong: not …, not …, not …');
  });

  test('a short one is masked as a whole word only', () => {
    expect(maskSecrets('x: max_tokens x-ray xx', ['x'])).toBe('…: max_tokens …-ray xx');
    expect(maskSecrets('a (b) c', ['(b)', ''])).toBe('a … c');
  });
});

test('several failures are one line, each with its server', () => {
  const failures = [
    new BackendError('backend_unavailable', 'A cannot be reached.', { retryable: true }),
    new BackendError('backend_failed', 'B answered 404', { retryable: false, said: 'no such model' }),
  ];
  const error = new BackendError('backend_failed', 'A, B', { retryable: true, failures });
  expect(failureText(error)).toBe('A cannot be reached. B answered 404: no such model');
});

test.each([
  [Object.create(null), 'an error that cannot be written as text'],
  ['a string', 'a string'],
  [new Error('an\nerror'), 'an error'],
])('anything that was thrown has a line', (thrown, line) => {
  expect(failureText(thrown)).toBe(line);
});

test('a megabyte of messages costs some 20 ms, a usual request some 0.4 ms', () => {
  const words = Array.from({ length: 180_000 }, (_, index) => `w${(index * 7_919) % 10_007} `).join('');
  const large: BackendRequest = {
    messages: [{ role: 'user', content: words.slice(0, 1024 * 1024) }],
    params: {},
  };
  const usual: BackendRequest = { messages: [{ role: 'user', content: words.slice(0, 4_000) }], params: {} };
  const error = refusal(`Invalid: ${words.slice(5_000, 9_000)}`);
  const best = (asked: BackendRequest): number =>
    Math.min(
      ...Array.from({ length: 12 }, () => {
        const usedMs = cpuTime();
        failureText(error, { request: asked });
        return usedMs();
      }),
    );
  // Processor time, on a machine that may be slow.
  expect(best(large)).toBeLessThan(150);
  expect(best(usual)).toBeLessThan(4);
});

function escapeAll(text: string): string {
  const codes = Array.from(text, (char) => char.charCodeAt(0).toString(16).padStart(4, '0'));
  return codes.map((code) => `\\u${code}`).join('');
}
