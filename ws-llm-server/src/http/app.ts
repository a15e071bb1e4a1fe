/** What the server answers over HTTP: the chat page, its health, the models of its backend. Knows nothing of sockets. */
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

export function createApp({ backend, policy, page, health, logger }: AppOptions): Hono<Admitted> {
  const app = new Hono<Admitted>();
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
    context.header('x-content-type-options', 'nosniff');
    return context.html(page);
  });
  app.get('/health', (context) => context.json({ status: 'ok', ...health() }));
  app.route('/api/models', createModelsApi(backend, logger));
  app.notFound((context) =>
    context.text('Nothing is here. The chat page is at /, the WebSocket at any path.', 404),
  );
  return app;
}
