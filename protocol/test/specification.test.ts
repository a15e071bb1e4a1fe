/** PROTOCOL.md and the source say the same: frames, keys, codes, limits, features; and the worked sequences really parse. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  CloseCode,
  clientFrames,
  errorCodes,
  features,
  isRetryableClose,
  isRetryableError,
  parseClientFrame,
  parsePlainClientFrame,
  parsePlainServerFrame,
  parseServerFrame,
  serverFrames,
  SUBPROTOCOL,
} from '../src/index.ts';
import { limits } from '../src/limits.ts';
import { finishReason } from '../src/server-frame.ts';

const specification = readFileSync(new URL('../PROTOCOL.md', import.meta.url), 'utf8');

/** The text under the first heading that begins so, to the next heading of the same or a higher level. */
function section(heading: string): string {
  const level = heading.split(' ')[0]?.length ?? 0;
  const start = specification.indexOf(`\n${heading}`);
  expect(start, `PROTOCOL.md has a heading "${heading}"`).not.toBe(-1);
  const body = specification.slice(specification.indexOf('\n', start + 1));
  const end = body.search(new RegExp(`\\n#{1,${level}} `));
  return end === -1 ? body : body.slice(0, end);
}

function frameHeadings(text: string): string[] {
  return [...text.matchAll(/^### `(\w+)`/gm)].map(([, name = '']) => name);
}

/** The cells of every table row in a section whose first cell begins with a name or a number. */
function rows(text: string): string[][] {
  return [...text.matchAll(/^\| (.+) \|$/gm)]
    .map(([, row = '']) => row.split(' | ').map((cell) => cell.trim()))
    .filter(([first]) => /^(`|\d)/.test(first ?? ''));
}

/** Everything in a text that stands in backticks, word by word. */
function codeWords(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].flatMap(([, code = '']) => code.match(/[a-z_]\w*/gi) ?? []);
}

test.each([
  ['client', '## 4.', Object.keys(clientFrames)],
  ['server', '## 5.', Object.keys(serverFrames)],
])('every frame of a %s has its heading, and every heading is a frame', (_side, heading, types) => {
  expect(frameHeadings(section(heading)).toSorted()).toEqual(types.toSorted());
});

test('no other section has a heading for a frame', () => {
  expect(frameHeadings(specification).length).toBe(
    Object.keys(clientFrames).length + Object.keys(serverFrames).length,
  );
});

test.each(Object.entries({ ...clientFrames, ...serverFrames }).filter(([type]) => type !== 'warm'))(
  'every key of %s is explained under its heading',
  (type, schema) => {
    const words = codeWords(section(`### \`${type}\``));
    const keys = Object.keys(schema.shape).filter((key) => key !== 'type');
    expect(keys.filter((key) => !words.includes(key))).toEqual([]);
  },
);

test('the table of close codes has every code, and says who comes back as the source does', () => {
  const table = rows(section('### Close codes')).map(([code, , back]) => [Number(code), back]);
  expect(table).toEqual(
    Object.values(CloseCode).map((code) => [code, isRetryableClose(code) ? 'yes' : 'no']),
  );
});

test('the table of error codes has every code in order, and says which are retryable as the source does', () => {
  const table = rows(section('### Error codes')).map(([code, retryable]) => [code, retryable]);
  expect(table).toEqual(
    errorCodes.map((code) => [
      `\`${code}\``,
      code === 'backend_failed' ? 'see frame' : isRetryableError(code) ? 'yes' : 'no',
    ]),
  );
});

test('the table of limits has every limit, in order', () => {
  const table = rows(section('### Limits')).flatMap(([keys]) => codeWords(keys ?? ''));
  expect(table).toEqual(Object.keys(limits.shape));
});

test('every feature is listed, and every listed one exists', () => {
  const [row] = rows(section('### `ready`')).filter(([key]) => key === '`features`');
  expect(codeWords(row?.[1] ?? '')).toEqual([...features]);
});

test('every finish reason is listed, and every listed one exists', () => {
  const [row] = rows(section('### `complete`')).filter(([key]) => key === '`finish_reason`');
  expect(codeWords(row?.[1] ?? '')).toEqual(finishReason.options);
});

test('the subprotocol is named', () => {
  expect(specification).toContain(`\`${SUBPROTOCOL}\``);
});

/** What `…` stands for in the worked sequences, by the key before it. */
const leftOut: Record<string, unknown> = {
  persona: { name: 'healthcare-assistant', title: 'Healthcare assistant', suggestions: [] },
  personas: [],
  limits: Object.fromEntries(
    Object.keys(limits.shape)
      .filter((key) => key !== 'shared')
      .map((key) => [key, 1]),
  ),
  features: [],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
  timing: { queue_ms: 0, total_ms: 1 },
};

function withoutEllipses(json: string): string {
  return json.replace(/"(\w+)":[[{]…[\]}]/g, (_, key: string) => `"${key}":${JSON.stringify(leftOut[key])}`);
}

const sequences = section('## 10.')
  .split(/^(?=\*\*\d)/m)
  .slice(1)
  .map((text) => ({
    title: text.slice(0, text.indexOf('\n')),
    dialect: text.includes('A plain turn') ? 'plain' : 'v1',
    text,
  }));

const lines = sequences.flatMap(({ dialect, text }) =>
  [...text.matchAll(/^([→←]) (.+)$/gm)].map(([, arrow, json = '']) => ({
    dialect,
    from: arrow === '→' ? 'client' : 'server',
    json: withoutEllipses(json),
  })),
);

test.each([
  'A plain turn',
  'A v1 turn',
  'A tool call',
  'A cancel in the middle',
  'A cancel that comes too late',
  'A speculative request is abandoned',
  'A mirror that the server does not know',
  'The model dies in the middle',
  'The server closes',
])('there is a worked sequence, in its place: %s', (title) => {
  const index = sequences.findIndex((sequence) => sequence.title.includes(title));
  expect(sequences[index]?.title).toMatch(new RegExp(`^\\*\\*${index + 1}\\. `));
});

test.each(lines)('a line that a $dialect $from sends is a frame, whole: $json', ({ dialect, from, json }) => {
  const parsed =
    dialect === 'v1'
      ? from === 'client'
        ? parseClientFrame(json)
        : parseServerFrame(json)
      : from === 'client'
        ? parsePlainClientFrame(json)
        : { outcome: 'frame', frame: parsePlainServerFrame(json) };
  // Nothing was stripped: every key in the example is one of the protocol.
  expect(parsed).toEqual({ outcome: 'frame', frame: JSON.parse(json) });
});
