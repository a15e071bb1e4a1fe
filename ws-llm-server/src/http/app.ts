/** What the server answers over HTTP: the chat page and its health. Knows nothing of sockets. */
import { Hono } from 'hono';
import { admit, type AdmissionPolicy } from './admission.ts';

export interface AppOptions {
  policy: AdmissionPolicy;
  /** The chat page, as it is served. */
  page: string;
  /** What `GET /health` tells. */
  health: () => Record<string, unknown>;
}

export function createApp({ policy, page, health }: AppOptions): Hono {
  const app = new Hono();
  app.use(async (context, next) => {
    const admission = admit(
      { host: context.req.header('host'), origin: context.req.header('origin') },
      policy,
    );
    if (admission.outcome === 'refused') return context.text(admission.message, 403);
    return next();
  });
  app.get('/', (context) => {
    context.header('cache-control', 'no-cache');
    context.header('x-content-type-options', 'nosniff');
    return context.html(page);
  });
  app.get('/health', (context) => context.json({ status: 'ok', ...health() }));
  app.notFound((context) =>
    context.text('Nothing is here. The chat page is at /, the WebSocket at any path.', 404),
  );
  return app;
}
