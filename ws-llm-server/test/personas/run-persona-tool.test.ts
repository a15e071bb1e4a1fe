/** Whatever a model calls a persona's tool with, and whatever the tool's code does, the model gets a result and the reply goes on. */
import { describe, expect, test } from 'vitest';
import { type Logger, silentLogger } from '../../src/logger.ts';
import type { PersonaTool, PersonaToolCode } from '../../src/personas/persona.ts';
import { parseToolArguments, runPersonaTool } from '../../src/personas/run-persona-tool.ts';
import { cpuTime } from '../cpu-time.ts';

const book: PersonaTool = {
  name: 'book',
  description: 'Books a room.',
  parameters: {
    type: 'object',
    properties: {
      nights: { type: 'integer', minimum: 1 },
      view: { type: 'string', enum: ['sea', 'yard'], default: 'yard' },
      guests: {
        type: 'array',
        items: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] },
      },
    },
    required: ['nights'],
  },
};

function withCode(run: PersonaToolCode): PersonaTool {
  return { ...book, run };
}

function withMethod(name: string, method: () => never): object {
  return { [name]: method };
}

function revokedProxy(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

interface Options {
  signal?: AbortSignal;
  deadlineMs?: number;
  logger?: Logger;
}

async function call(
  tool: PersonaTool,
  args: unknown = { nights: 2 },
  options: Options = {},
): Promise<unknown> {
  const text = typeof args === 'string' ? args : JSON.stringify(args);
  const result = await runPersonaTool(tool, text, {
    signal: new AbortController().signal,
    deadlineMs: 5_000,
    ...options,
  });
  return JSON.parse(result);
}

describe('arguments', () => {
  test('that fit are handed to the code, with what the schema has for those that are absent', async () => {
    expect(await call(withCode((args) => args))).toEqual({ nights: 2, view: 'yard' });
  });

  test('that the schema does not name are left as they are', () => {
    expect(parseToolArguments(book, '{"nights":1,"pillow":{"soft":true}}')).toMatchObject({
      fit: true,
      args: { nights: 1, pillow: { soft: true } },
    });
  });

  test('may be absent where none are needed, as some models write it', () => {
    const ring = { ...book, parameters: { type: 'object', properties: {} } };
    for (const text of ['', ' ', '{}'])
      expect(parseToolArguments(ring, text)).toEqual({ fit: true, args: {} });
  });

  test.each(['[]', '5', 'null', '"{}"', '{"nights":', 'nights: 2'])(
    'that are no JSON object (%s) are told to the model',
    async (text) => {
      expect(
        await call(
          withCode(() => 'never'),
          text,
        ),
      ).toEqual({
        error: 'The arguments of book are not a JSON object. Call it again with one.',
      });
    },
  );

  test.each([
    ['missing', {}, /nights: .*expected/],
    ['of the wrong kind', { nights: 'two' }, /nights: .*expected/],
    ['out of range', { nights: 0 }, /nights: /],
    ['not in the list', { nights: 1, view: 'moon' }, /view: .*"sea".*"yard"/],
    ['wrong deep inside', { nights: 1, guests: [{ name: 'a' }, {}] }, /guests\.1\.name: /],
  ])('that are %s are told to the model by name, and the code does not run', async (_, args, words) => {
    let isRun = false;
    const tool = withCode(() => {
      isRun = true;
    });
    const result = (await call(tool, args)) as { error: string };
    expect(result.error).toMatch(words);
    expect(result.error).toMatch(/Call it again/);
    expect(isRun).toBe(false);
  });

  test('that are longer than a tool may be given are told to the model, before anything looks at them', async () => {
    const tool: PersonaTool = {
      ...book,
      parameters: { type: 'object', properties: { room: { type: 'string', pattern: '^(\\s+)+$' } } },
      run: () => 'never',
    };
    const usedMs = cpuTime();
    expect(await call(tool, { room: `${' '.repeat(70_000)}x` })).toEqual({
      error: 'The arguments of book are longer than 65,536 characters. Call it again with less.',
    });
    expect(usedMs()).toBeLessThan(500);
  });

  const wakeUp: PersonaTool = {
    ...book,
    parameters: {
      type: 'object',
      properties: {
        time: { type: 'string', pattern: '^[0-2][0-9]:[0-5][0-9]$|^now$' },
        mail: { type: 'string', pattern: '^\\S+@\\S+\\.\\S+$' },
        pattern: { type: 'string', default: 'none', enum: ['none', '^a'] },
        any: { anyOf: [{ type: 'string', pattern: '([a-z])\\1' }, { type: 'number' }] },
      },
    },
  };

  test.each([
    [{ time: '06:30' }, true],
    [{ time: 'now' }, true],
    [{ time: 'right now' }, false],
    [{ any: 'a door' }, true],
    [{ any: 'abc' }, false],
    [{ any: 5 }, true],
    [{ pattern: '^a' }, true],
    [{ pattern: 'a' }, false],
  ])('%j fit a schema with patterns: %s', (args, fit) => {
    expect(parseToolArguments(wakeUp, JSON.stringify(args)).fit).toBe(fit);
  });

  test('that do not match a pattern are told to the model with the pattern', () => {
    const { problem } = parseToolArguments(wakeUp, '{"time":"noon"}') as { problem: string };
    expect(problem).toContain('time: expected text that matches /^[0-2][0-9]:[0-5][0-9]$|^now$/');
  });

  test('that are long are not tried against a pattern, whose time may grow with the cube of their length', () => {
    const usedMs = cpuTime();
    const mail = `${'@.'.repeat(30_000)} `;
    expect(parseToolArguments(wakeUp, JSON.stringify({ mail })).fit).toBe(false);
    expect(usedMs()).toBeLessThan(500);
  });

  test('of a tool whose schema is none are an error and nothing worse', async () => {
    expect(await call({ ...book, parameters: { type: 'nonsense' } })).toEqual({
      error: 'book cannot be used: its parameters are no JSON schema.',
    });
  });
});

describe('the result', () => {
  test('of a tool without code is ok', async () => {
    expect(await call(book)).toEqual({ ok: true });
  });

  test.each([
    ['an object', { room: 7 }, '{"room":7}'],
    ['text', 'Room seven.', 'Room seven.'],
    ['a number', 7, '7'],
    ['null', null, 'null'],
    ['nothing', undefined, '{"ok":true}'],
    ['a promise', Promise.resolve([1]), '[1]'],
  ])('that is %s is told as such', async (_, value, text) => {
    const options = { signal: new AbortController().signal, deadlineMs: 5_000 };
    expect(
      await runPersonaTool(
        withCode(() => value),
        '{"nights":1}',
        options,
      ),
    ).toBe(text);
  });

  test.each([
    [
      'goes in a circle',
      () => {
        const circle: Record<string, unknown> = {};
        circle['self'] = circle;
        return circle;
      },
    ],
    ['is a big number', () => 1n],
    ['is a function', () => () => 1],
    [
      'throws when it is written',
      () => ({
        toJSON() {
          throw new Error('no');
        },
      }),
    ],
  ])('that %s is an error for the model', async (_, code) => {
    expect(await call(withCode(code))).toEqual({
      error: 'book gave a result that cannot be written as JSON.',
    });
  });

  test.each<[string, () => unknown]>([
    ['a long text in an object', () => ({ text: 'x'.repeat(5_000_000) })],
    ['millions of values', () => Array.from({ length: 2_000_000 }, () => ({ a: 1 }))],
    ['millions of keys', () => Object.fromEntries(Array.from({ length: 200_000 }, (_, key) => [key, 1]))],
    ['bytes', () => new Uint8Array(20_000_000)],
    ['a buffer', () => Buffer.alloc(20_000_000)],
    ['a buffer inside', () => ({ page: Buffer.alloc(20_000_000) })],
    [
      'what one object repeats in itself without end',
      () => {
        let value: unknown[] = ['x'.repeat(100)];
        for (let depth = 0; depth < 40; depth += 1) value = [value, value];
        return value;
      },
    ],
  ])('that is huge (%s) is cut in a moment', async (_, make) => {
    const value = make();
    const usedMs = cpuTime();
    const result = await call(withCode(() => value));
    expect(usedMs()).toBeLessThan(1_000);
    expect(result).toMatchObject({ cut: true });
    expect(JSON.stringify(result).length).toBeLessThan(20_000);
  });

  test('that has as many values as fit is told as it is', async () => {
    const value = {
      list: Array.from({ length: 1_500 }, (_, index) => index),
      none: undefined,
      at: new Date(0),
    };
    expect(await call(withCode(() => value))).toEqual(JSON.parse(JSON.stringify(value)));
  });

  test('that is too long is cut, and says so', async () => {
    const result = (await call(withCode(() => ({ text: 'x'.repeat(100_000) })))) as Record<string, unknown>;
    expect(result).toMatchObject({ cut: true, beginning: expect.stringMatching(/^\{"text":"xxx/) });
    expect(JSON.stringify(result).length).toBeLessThan(10_000);
  });
});

describe('code', () => {
  const getter = (key: string): Error =>
    Object.defineProperty(new Error('a'), key, {
      get() {
        throw new Error('no');
      },
    });
  test.each<[string, () => unknown]>([
    ['an error whose message is an object', () => Object.assign(new Error('a'), { message: {} })],
    ['an error whose message is a number', () => Object.assign(new Error('a'), { message: 5 })],
    ['an error whose message cannot be read', () => getter('message')],
    ['an error whose stack cannot be read', () => getter('stack')],
    ['an error whose name cannot be read', () => Object.assign(getter('name'), { message: '' })],
    ['an error whose stack is no text', () => Object.assign(new Error('a'), { stack: 5 })],
    ['an object without a prototype', () => Object.create(null) as unknown],
    ['a symbol', () => Symbol('a')],
    ['nothing', () => undefined],
    ['a proxy that was revoked', revokedProxy],
    ['an object that is no text', () => ({ toString: () => ({}) })],
  ])('that throws %s is an error for the model', async (_, make) => {
    for (const code of [
      () => {
        throw make();
      },
      () => Promise.reject(make()),
      // A thenable, as a database's query builder is one.
      () =>
        withMethod('then', () => {
          throw make();
        }),
    ]) {
      expect(await call(withCode(code))).toEqual({ error: expect.any(String) as unknown });
    }
  });

  test('whose abort listeners throw or reject costs nothing but a line in the log', async () => {
    const warnings: unknown[] = [];
    const logger = { ...silentLogger, warn: (fields: unknown) => void warnings.push(fields) };
    const tool = withCode((_, { signal }) => {
      signal.addEventListener('abort', () => {
        throw new Error('mine');
      });
      const rejecting = (): unknown => Promise.reject(new Error('mine'));
      signal.addEventListener('abort', rejecting);
      Reflect.set(signal, 'onabort', rejecting);
      return new Promise(() => undefined);
    });
    expect(await call(tool, undefined, { deadlineMs: 5, logger })).toEqual({ error: 'book timed out.' });
    // An uncaught error would fail the run of the tests.
    await new Promise((resolve) => setImmediate(resolve));
    expect(warnings).toHaveLength(4);
    expect(JSON.stringify(warnings)).not.toContain('mine');
  });

  test.each([
    [
      'throws',
      () => {
        throw new Error('no such room');
      },
    ],
    [
      'rejects',
      async () => {
        throw new Error('no such room');
      },
    ],
  ])('that %s is an error for the model, in its own words', async (_, code) => {
    expect(await call(withCode(code))).toEqual({ error: 'no such room' });
  });

  test('that throws what is no error is an error for the model all the same', async () => {
    expect(await call(withCode(() => Promise.reject('no such room')))).toEqual({
      error: 'no such room',
    });
  });

  test('that hangs is given up after the deadline, and its signal aborts', async () => {
    let given: AbortSignal | undefined;
    const tool = withCode((_, { signal }) => {
      given = signal;
      return new Promise(() => undefined);
    });
    expect(await call(tool, undefined, { deadlineMs: 20 })).toEqual({ error: 'book timed out.' });
    expect(given?.aborted).toBe(true);
  });

  test('that fails after it was given up harms nobody', async () => {
    const tool = withCode(
      (_, { signal }) =>
        new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('late')))),
    );
    expect(await call(tool, undefined, { deadlineMs: 5 })).toEqual({ error: 'book timed out.' });
    // An unhandled rejection would fail the run of the tests.
    await new Promise((resolve) => setImmediate(resolve));
  });

  test('ends at once, its signal aborted, when the reply is cancelled', async () => {
    const outer = new AbortController();
    let given: AbortSignal | undefined;
    const tool = withCode((_, { signal }) => {
      given = signal;
      setImmediate(() => outer.abort());
      return new Promise(() => undefined);
    });
    expect(await call(tool, undefined, { signal: outer.signal, deadlineMs: 60_000 })).toEqual({
      error: 'book was cancelled.',
    });
    expect(given?.aborted).toBe(true);
  });

  test('does not start for a reply that is cancelled already', async () => {
    let isRun = false;
    const tool = withCode(() => {
      isRun = true;
    });
    expect(await call(tool, undefined, { signal: AbortSignal.abort() })).toEqual({
      error: 'book was cancelled.',
    });
    expect(isRun).toBe(false);
  });

  test('that fails is told to the operator without what was said', async () => {
    const entries: { level: string; fields: Record<string, unknown> }[] = [];
    const at =
      (level: string) =>
      (fields: Record<string, unknown>): void =>
        void entries.push({ level, fields });
    const logger = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
    await call(
      withCode(() => {
        throw new Error('she said a secret');
      }),
      undefined,
      { logger },
    );
    expect(entries.filter(({ level }) => level === 'warn')).toHaveLength(1);
    expect(JSON.stringify(entries.filter(({ level }) => level !== 'debug'))).not.toContain('secret');
    expect(entries.find(({ level }) => level === 'debug')?.fields['error']).toMatchObject({
      message: 'she said a secret',
    });
  });
});
