/**
 * Whether the options of a `WebSocketLLM` have the names and types that they should. TypeScript
 * checks that too; from JavaScript a misspelt option would be ignored without a word. Knows nothing
 * of what they mean.
 */
import { parseClientFrame } from '@ws-llm/protocol';
import { nearestName } from './nearest-name.ts';

const example = "new WebSocketLLM({ url: 'ws://127.0.0.1:8765' })";

/** What each option may be, and what to write instead of anything else. */
const kinds = {
  url: { types: ['string'], write: 'write the address of the server, like ws://127.0.0.1:8765' },
  token: { types: ['string', 'function'], write: 'write a string, or a function that returns one' },
  headers: { types: ['object'], write: "write an object, like { 'X-Room': '7' }" },
  persona: { types: ['string'], write: "write its name, like 'healthcare-assistant'" },
  params: { types: ['object'], write: 'write an object, like { temperature: 0.5 }' },
  output: { types: ['string'], write: 'write "markdown" or "speech"' },
  deadlines: { types: ['object'], write: 'write an object, like { firstTokenMs: 10_000 }' },
  connectTimeoutMs: { types: ['number'], write: 'write milliseconds above 0, like 10_000' },
} as const satisfies Record<string, { types: readonly string[]; write: string }>;

const deadlineNames = ['firstTokenMs', 'idleMs', 'totalMs'];
const paramNames = ['model', 'temperature', 'top_p', 'max_tokens', 'seed', 'stop', 'reasoning_effort'];
/** Names that options of other LLMs have for what is `token` here. */
const tokenNames = ['apikey', 'api_key', 'authtoken', 'auth'];

/** @throws TypeError with one sentence about the first mistake, which names it and what to write */
export function checkOptions(options: object | null | undefined): void {
  if (options === undefined || options === null) refuse(`the options are missing; write ${example}`);
  if (kindOf(options) !== 'object') refuse(`the options are ${article(options)}; write ${example}`);
  const given = present(options);
  checkNames('', Object.keys(given), Object.keys(kinds));
  for (const [name, { types, write }] of Object.entries(kinds)) {
    const value = given[name];
    if (value === undefined || types.some((type) => type === kindOf(value))) continue;
    if (value instanceof URL) refuse(`${name} is an object; ${write}: for a URL, write url.href`);
    refuse(`${name} is ${article(value)}; ${write}`);
  }
  const { deadlines = {}, params = {} } = given as { deadlines?: object; params?: object };
  checkNames('deadlines.', Object.keys(deadlines), deadlineNames);
  for (const [name, value] of Object.entries(present(deadlines)))
    if (typeof value !== 'number')
      refuse(`deadlines.${name} is ${article(value)}; ${kinds.connectTimeoutMs.write}`);
  checkNames('params.', Object.keys(params), paramNames);
  checkParams(params);
}

/** By the schema that the server checks them with. */
function checkParams(params: object): void {
  const frame = { type: 'chat', id: 'x', messages: [], params };
  const parsed = parseClientFrame(JSON.stringify(frame, withoutBigInt));
  if (parsed.outcome === 'refused') refuse(parsed.message);
}

/** JSON cannot hold one, and a schema should refuse it instead. */
function withoutBigInt(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}

function checkNames(path: string, given: readonly string[], known: readonly string[]): void {
  const wrong = given.find((name) => !known.includes(name));
  if (wrong === undefined) return;
  const isToken = path === '' && tokenNames.includes(wrong.toLowerCase());
  const meant = isToken ? 'token' : nearestName(wrong, known);
  const all = known.map((name) => path + name).join(', ');
  refuse(
    `"${path}${wrong}" is not an option; ${meant === undefined ? `write one of ${all}` : `write "${path}${meant}"`}`,
  );
}

/** What is undefined counts as absent. */
function present(object: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'list' : typeof value;
}

function article(value: unknown): string {
  const kind = kindOf(value);
  if (kind === 'null') return kind;
  return `${kind === 'object' ? 'an' : 'a'} ${kind}`;
}

function refuse(problem: string): never {
  throw new TypeError(`WebSocketLLM: ${problem}`);
}
