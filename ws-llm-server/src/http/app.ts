/**
 * The server's HTTP side: the chat page, its health, the models of its backend, and their security
 * headers. Knows no sockets.
 */
import { Hono } from 'hono';
import type { Backend } from '../backend.ts';
import type { Logger } from '../logger.ts';
import { admit, type AdmissionPolicy } from './admission.ts';
import { type Admitted, createModelsApi } from './models-api.ts';

export interface AppOptions {
  backend: Backend;
  policy: AdmissionPolicy;
  /** The chat page, as it is served. */
  page: string;
  /** What `GET /health` tells. */
  health: () => Record<string, unknown>;
  logger: Logger;
}

/**
 * For every answer: no page may show it in a frame, no browser may guess its type, and no link
 * tells where it came from.
 */
const safeHeaders: Readonly<Record<string, string>> = {
  'x-frame-options': 'DENY',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};
/** For every answer that is not the page: as a document it may load and run nothing. */
const barePolicy = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export function createApp({ backend, policy, page, health, logger }: AppOptions): Hono<Admitted> {
  const app = new Hono<Admitted>();
  const pagePolicy = policyOf(page);
  app.use(async (context, next) => {
    await next();
    for (const [name, value] of Object.entries(safeHeaders)) context.header(name, value);
    if (!context.res.headers.has('content-security-policy')) {
      context.header('content-security-policy', barePolicy);
    }
  });
  app.use(async (context, next) => {
    const admission = admit(
      { host: context.req.header('host'), origin: context.req.header('origin') },
      policy,
    );
    if (admission.outcome === 'refused') return context.text(admission.message, 403);
    context.set('role', admission.role);
    return next();
  });
  app.get('/', (context) => {
    context.header('cache-control', 'no-cache');
    context.header('content-security-policy', pagePolicy);
    return context.html(page);
  });
  app.get('/health', (context) => context.json({ status: 'ok', ...health() }));
  app.route('/api/models', createModelsApi(backend, logger));
  app.notFound((context) =>
    context.text('Nothing is here. The chat page is at /, the WebSocket at any path.', 404),
  );
  return app;
}

/**
 * The page carries its own policy, with the hashes of its script and style, so that it also has one
 * when it is opened from disk. As a header the policy can also forbid frames, which a page cannot
 * do by itself.
 */
function policyOf(page: string): string {
  const [, own] = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(page) ?? [];
  return own === undefined ? "frame-ancestors 'none'" : `${own}; frame-ancestors 'none'`;
}
