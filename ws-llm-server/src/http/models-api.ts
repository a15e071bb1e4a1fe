/**
 * The backend's models over HTTP: which there are, downloading one, loading and unloading. For agents only. Knows no backend but by its
 * interface.
 */
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import {
  type Backend,
  BackendError,
  type BackendErrorCode,
  type ModelInfo,
  type PullProgress,
} from '../backend.ts';
import type { Role } from '../access/role.ts';
import { failureText, faultDetails, oneLine } from '../failure-text.ts';
import type { Logger } from '../logger.ts';
import { maskSecrets } from '../mask-secrets.ts';
import { ndjsonBody } from './ndjson-body.ts';
import { SharedPulls } from './shared-pulls.ts';

/** What whoever admitted the request knows of the one who sent it. */
export interface Admitted {
  Variables: { role: Role };
}

const maxBodyBytes = 4 * 1024;
const maxStatusChars = 300;

const statusOf: Record<BackendErrorCode, 400 | 429 | 502 | 503 | 504> = {
  bad_request: 400,
  context_too_long: 400,
  rate_limited: 429,
  backend_unavailable: 503,
  backend_timeout: 504,
  backend_failed: 502,
};

/** To be mounted at `/api/models`. */
export function createModelsApi(backend: Backend, logger: Logger): Hono<Admitted> {
  const app = new Hono<Admitted>();
  const pulls = backend.pull === undefined ? undefined : new SharedPulls(backend);
  const cannot = (context: Context, what: string): Response =>
    refuse(context, 501, 'bad_request', `${backend.name} cannot ${what} models`);

  app.use(async (context, next) => {
    if (context.get('role') === 'agent') return next();
    return refuse(context, 403, 'unauthorized', 'models are not for guests');
  });
  app.use(
    bodyLimit({
      maxSize: maxBodyBytes,
      onError: (context) => refuse(context, 413, 'too_large', `a body has at most ${maxBodyBytes} bytes`),
    }),
  );
  app.onError((error, context) => {
    const { code, message } = toWireError(error, backend, logger);
    return refuse(context, error instanceof BackendError ? statusOf[error.code] : 500, code, message);
  });

  app.get('/', async (context) => {
    if (backend.models === undefined) return cannot(context, 'list');
    const listed = await backend.models({ signal: context.req.raw.signal });
    return context.json({ backend: backend.name, model: backend.model, models: listed.map(toWireModel) });
  });
  app.post('/pull', async (context) => {
    if (pulls === undefined) return cannot(context, 'download');
    const abort = new AbortController();
    const model = await modelOf(context);
    context.req.raw.signal.addEventListener('abort', () => abort.abort(), { once: true });
    const steps = pulls.join(model, abort);
    // What fails before there is any progress has a status.
    const first = await steps.next();
    const body = ndjsonBody(lines(first, steps, { backend, logger }), abort);
    return context.body(body, 200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' });
  });
  app.post('/load', async (context) => {
    if (backend.load === undefined) return cannot(context, 'load');
    const model = await modelOf(context);
    await backend.load(model, { signal: context.req.raw.signal });
    return context.json({ model, loaded: true });
  });
  app.post('/unload', async (context) => {
    if (backend.unload === undefined) return cannot(context, 'unload');
    const model = await modelOf(context);
    await backend.unload(model, { signal: context.req.raw.signal });
    return context.json({ model, loaded: false });
  });
  return app;
}

/** @throws BackendError `bad_request` */
async function modelOf(context: Context): Promise<string> {
  const body: unknown = await context.req.json().catch(() => undefined);
  const model = typeof body === 'object' && body !== null && 'model' in body ? body.model : undefined;
  if (typeof model === 'string' && model.trim() !== '') return model.trim();
  throw new BackendError('bad_request', 'expected a body such as {"model": "llama3.2"}', {
    retryable: false,
  });
}

/** One line a step, and a last one that says how it ended. */
async function* lines(
  first: IteratorResult<PullProgress, void>,
  steps: AsyncGenerator<PullProgress, void, undefined>,
  { backend, logger }: { backend: Backend; logger: Logger },
): AsyncGenerator<object, void, undefined> {
  try {
    if (first.done !== true) yield toWireProgress(first.value, backend);
    for await (const step of steps) yield toWireProgress(step, backend);
    yield { done: true };
  } catch (error) {
    yield { error: toWireError(error, backend, logger) };
  }
}

function refuse(
  context: Context,
  status: 400 | 403 | 413 | 429 | 500 | 501 | 502 | 503 | 504,
  code: string,
  message: string,
): Response {
  return context.json({ error: { code, message } }, status);
}

function toWireError(
  error: unknown,
  { secrets }: Backend,
  logger: Logger,
): { code: string; message: string } {
  if (error instanceof BackendError) {
    const { code } = error;
    const message = failureText(error, { secrets });
    logger.warn({ code, reason: message }, 'a request about models failed');
    return { code, message };
  }
  const details = faultDetails(error, { secrets });
  logger.error({ ...details }, 'a request about models failed by a fault of this server');
  return { code: 'internal', message: 'a fault of this server' };
}

function toWireModel({ name, backend, sizeBytes, contextTokens, loaded }: ModelInfo): object {
  return { name, backend, size_bytes: sizeBytes, context_tokens: contextTokens, loaded };
}

function toWireProgress({ status, completedBytes, totalBytes }: PullProgress, { secrets }: Backend): object {
  const told = oneLine(maskSecrets(status, secrets), maxStatusChars);
  return { status: told, completed_bytes: completedBytes, total_bytes: totalBytes };
}
