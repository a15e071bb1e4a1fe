/**
 * Refusals by status: those that repeat the request as vLLM and FastAPI do, and those that have to
 * be understood.
 */
import type { ServerResponse } from 'node:http';
import type { Exchange } from './tricks.ts';

/** True where the trick is a refusal, which has been sent. */
export function refuse(exchange: Exchange): boolean {
  const { body, key, response, trick, rest } = exchange;
  switch (trick) {
    case 'status': {
      const [status = '500', ...words] = rest.split(' ');
      answer(response, Number(status), { error: { message: words.join(' ') || 'refused' } });
      return true;
    }
    case 'vllm-400':
      answer(response, 400, vllm(body));
      return true;
    case 'fastapi-422':
      answer(response, 422, fastApi(body));
      return true;
    case 'text-400':
      response.writeHead(400, { 'content-type': 'text/plain' });
      response.end(`cannot serve ${body.toString()}`);
      return true;
    case 'key-400':
      answer(response, 400, { error: { message: `the key ${key} may not do that` } });
      return true;
    case 'no-model':
      answer(response, 404, {
        error: { message: `The model \`${modelIn(body)}\` does not exist.`, code: 'model_not_found' },
      });
      return true;
    case 'no-tools': {
      if (!body.includes('"tools":[')) return false;
      answer(response, 400, { error: { message: 'hostile-model does not support tools' } });
      return true;
    }
    case 'no-max-tokens': {
      if (!body.includes('"max_tokens":')) return false;
      const message =
        "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.";
      answer(response, 400, {
        error: { message, type: 'invalid_request_error', param: 'max_tokens', code: 'unsupported_parameter' },
      });
      return true;
    }
    default:
      return false;
  }
}

/** vLLM puts pydantic's errors, with their input, into one message. */
function vllm(body: Buffer): object {
  const input = JSON.stringify((JSON.parse(body.toString()) as { messages: unknown }).messages);
  const problem = `[{'type': 'value_error', 'loc': ('body',), 'msg': 'Value error', 'input': {'messages': ${input}}}]`;
  return { object: 'error', message: problem, type: 'BadRequestError', param: null, code: 400 };
}

function fastApi(body: Buffer): object {
  const input = JSON.parse(body.toString()) as unknown;
  return { detail: [{ type: 'missing', loc: ['body', 'prompt'], msg: 'Field required', input }] };
}

function modelIn(body: Buffer): string {
  return (JSON.parse(body.toString()) as { model: string }).model;
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
