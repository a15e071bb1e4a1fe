/** What a server that speaks OpenAI's API says where it does not answer: with a status, or inside a stream, where there is none. Pure. */

/** In UTF-16 units. Some servers repeat the whole request; failure-text.ts cuts what is shown. */
const maxChars = 64 * 1024;

const maxProblems = 20;

export interface RefusalOptions {
  /** Undefined inside a stream. */
  status?: number;
  /** Of the option that it does not take, where it says so. */
  param?: string;
  /** Whatever came with the message for programs. */
  codes?: string;
  /** The header Retry-After, as it came. */
  retryAfter?: string | undefined;
}

/** Its message is the server's own words, unchanged. */
export class OpenAIRefusal extends Error {
  override readonly name = 'OpenAIRefusal';
  readonly status: number | undefined;
  readonly param: string;
  readonly codes: string;
  readonly retryAfter: string | undefined;

  constructor(message: string, { status, param = '', codes = '', retryAfter }: RefusalOptions = {}) {
    super(message);
    this.status = status;
    this.param = param;
    this.codes = codes;
    this.retryAfter = retryAfter;
  }
}

/** Of an answer with that status and body, which may be anything: OpenAI's own form, FastAPI's `detail`, a page of a proxy. */
export function refusalOf(status: number, body: string, retryAfter: string | undefined): OpenAIRefusal {
  const whole = { status, retryAfter };
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return new OpenAIRefusal(body.slice(0, maxChars) || 'nothing', whole);
  }
  const { error, message, detail } = asObject(value);
  if (typeof error === 'object' && error !== null) return fromError(error, whole);
  const words =
    [error, message, detailWords(detail)].find((candidate) => typeof candidate === 'string') ?? body;
  return new OpenAIRefusal(words.slice(0, maxChars), whole);
}

/** Of the `error` inside a stream: `data: {"error": ...}`. */
export function failureInStream(error: unknown): OpenAIRefusal {
  return typeof error === 'object' && error !== null
    ? fromError(error, {})
    : new OpenAIRefusal(String(error).slice(0, maxChars));
}

function fromError(
  error: object,
  rest: Pick<RefusalOptions, 'retryAfter'> & { status?: number },
): OpenAIRefusal {
  const { message, code, type, param, n_ctx: limit, n_prompt_tokens: used } = asObject(error);
  const words = typeof message === 'string' && message !== '' ? message : JSON.stringify(error);
  return new OpenAIRefusal(words.slice(0, maxChars), {
    ...rest,
    param: textOr(param),
    // llama.cpp puts its numbers beside the message.
    codes: `${textOr(code)} ${textOr(type)} n_ctx: ${String(limit)} n_prompt_tokens: ${String(used)}`,
  });
}

/** FastAPI's `detail`: a string, or a list of problems, each with a copy of the input. */
function detailWords(detail: unknown): string | undefined {
  if (typeof detail === 'string') return detail;
  if (!Array.isArray(detail) || detail.length === 0) return undefined;
  const problems = detail.slice(0, maxProblems).map((problem) => {
    const { loc, msg } = asObject(problem);
    return `${Array.isArray(loc) ? loc.map(textOr).join('.') : ''}: ${textOr(msg)}`;
  });
  return problems.join('; ');
}

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function textOr(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
