/**
 * One call of a persona's tool: its arguments checked, its code run under a deadline, its result in words for the model.
 * Nothing that a model writes or a persona's code does can break the reply. Knows neither frames nor rounds.
 */
import { type Logger, silentLogger } from '../logger.ts';
import { detailsOf, messageOf } from '../thrown.ts';
import { boundedJson } from './bounded-json.ts';
import type { PersonaTool } from './persona.ts';
import { runBounded } from './run-bounded.ts';
import { checkOf, describeMismatch } from './tool-schema.ts';

/** `problem` is for the model, so that it can call again. */
export type ToolArguments = { fit: true; args: Record<string, unknown> } | { fit: false; problem: string };

export interface RunPersonaToolOptions {
  /** Aborted: nobody waits for the result any more. */
  signal: AbortSignal;
  /** How long the code may take. */
  deadlineMs: number;
  /** Hears of code that failed; what was said, which may be in its message, only at `debug`. Default: silent. */
  logger?: Logger;
}

/** Longest result, in UTF-16 units: past it a small model would forget what it was asked. */
const maxResultChars = 8_000;
/**
 * Longest arguments, in UTF-16 units. A tool may be given a page of text; a model that repeats itself
 * writes more, and what checks them, such as the patterns of the schema, would run over all of it.
 */
const maxArgumentChars = 65_536;
const maxProblems = 5;

/** Defaults of the schema are filled in. No arguments at all count as `{}`. Never throws. */
export function parseToolArguments(tool: PersonaTool, argumentsJson: string): ToolArguments {
  if (argumentsJson.length > maxArgumentChars) {
    const most = maxArgumentChars.toLocaleString('en');
    const problem = `The arguments of ${tool.name} are longer than ${most} characters. Call it again with less.`;
    return { fit: false, problem };
  }
  const value = argumentsJson.trim() === '' ? {} : parseJson(argumentsJson);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return {
      fit: false,
      problem: `The arguments of ${tool.name} are not a JSON object. Call it again with one.`,
    };
  }
  try {
    const checked = checkOf(tool.parameters).safeParse(value, { error: describeMismatch });
    if (checked.success) return { fit: true, args: checked.data as Record<string, unknown> };
    const problems = checked.error.issues
      .slice(0, maxProblems)
      .map(({ path, message }) => (path.length === 0 ? message : `${path.join('.')}: ${message}`));
    return {
      fit: false,
      problem: `The arguments of ${tool.name} do not fit. ${problems.join('; ')}. Call it again with arguments that fit.`,
    };
  } catch {
    return { fit: false, problem: `${tool.name} cannot be used: its parameters are no JSON schema.` };
  }
}

/**
 * The result for the model: what the code gives, `{"ok":true}` where there is none, `{"error": ...}` where anything went wrong. After an
 * abort, or past the deadline, at once. Never rejects.
 */
export async function runPersonaTool(
  tool: PersonaTool,
  argumentsJson: string,
  { signal, deadlineMs, logger = silentLogger }: RunPersonaToolOptions,
): Promise<string> {
  const parsed = parseToolArguments(tool, argumentsJson);
  if (!parsed.fit) return failure(parsed.problem);
  const { run } = tool;
  if (run === undefined) return toResult(undefined);
  const outcome = await runBounded<unknown>((inner) => run(parsed.args, { signal: inner }), {
    signal,
    deadlineMs,
    onListenerThrow: () => logger.warn({ tool: tool.name }, "an abort listener of a persona's tool failed"),
  });
  switch (outcome.type) {
    case 'returned':
      try {
        return toResult(outcome.value);
      } catch (error) {
        report(logger, tool, error);
        return failure(`${tool.name} gave a result that cannot be written as JSON.`);
      }
    case 'threw':
      report(logger, tool, outcome.error);
      return failure(messageOf(outcome.error));
    case 'late':
      logger.warn({ tool: tool.name, deadlineMs }, "a persona's tool took too long");
      return failure(`${tool.name} timed out.`);
    case 'cancelled':
      return failure(`${tool.name} was cancelled.`);
  }
}

/** @throws unknown for what JSON does not have */
function toResult(value: unknown): string {
  if (value === undefined) return '{"ok":true}';
  const text = typeof value === 'string' ? value : boundedJson(value, maxResultChars);
  if (text.length <= maxResultChars) return text;
  return JSON.stringify({ cut: true, beginning: text.slice(0, maxResultChars) });
}

function failure(error: string): string {
  return JSON.stringify({ error: error.slice(0, maxResultChars) });
}

/** Where it failed is the operator's to know; the words may hold what somebody said. */
function report(logger: Logger, tool: PersonaTool, error: unknown): void {
  const details = detailsOf(error);
  logger.warn({ tool: tool.name, where: placeIn(details.stack ?? '') }, "a persona's tool failed");
  logger.debug({ tool: tool.name, error: details }, "a persona's tool failed");
}

/** The first place of a stack that is in the code of a persona. */
function placeIn(stack: string): string | undefined {
  const frame = stack.split('\n').find((line) => line.startsWith('    at ') && line.includes('.tools.js'));
  return frame?.slice(frame.lastIndexOf('(') + 1).replace(/^ +at |\)$/g, '');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
