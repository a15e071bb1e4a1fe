/**
 * Puts what a model server says of its failure where OpenAI's SDK looks for it. The SDK reads `error` alone and makes "no body" of
 * everything else, such as the `detail` of servers built on FastAPI, which is where they name the option that they refuse.
 */

const maxChars = 2_000;

/** A successful response is returned untouched. */
export async function withErrorEnvelope(response: Response): Promise<Response> {
  if (response.status < 400) return response;
  const body = await response.text();
  const { status, headers } = response;
  return new Response(inEnvelope(body), { status, headers: withoutLength(headers) });
}

/** A body that is not JSON stays as it is: the SDK tells that. */
export function inEnvelope(body: string): string {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return body.slice(0, maxChars);
  }
  const { error, message } = (value ?? {}) as { error?: unknown; message?: unknown };
  if (typeof error === 'object' && error !== null) return body;
  const words = [error, message].find((candidate) => typeof candidate === 'string') ?? body;
  return JSON.stringify({ error: { message: words.slice(0, maxChars) } });
}

/** The body is another one now, and was decoded on the way. */
function withoutLength(headers: Headers): Headers {
  const kept = new Headers([...headers]);
  kept.delete('content-length');
  kept.delete('content-encoding');
  return kept;
}
