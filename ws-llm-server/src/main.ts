#!/usr/bin/env node
/**
 * The process: environment, first screen, signals. The only file of the server that may exit.
 */
import { dirname, resolve } from 'node:path';
import dotenv from 'dotenv';
import { BackendModuleError } from './backends/backend-module.ts';
import { chooseBackend } from './backends/choose-backend.ts';
import { ConfigError, loadConfig, type ServerConfig, serverVariables } from './config.ts';
import { explain } from './explain.ts';
import { failureText } from './failure-text.ts';
import { readChatPage } from './http/chat-page.ts';
import type { Logger } from './logger.ts';
import { LogStream } from './log-stream.ts';
import { misspeltVariables } from './misspelt-variables.ts';
import { openLog } from './open-log.ts';
import { PersonaError } from './personas/persona-error.ts';
import { PersonaLibrary } from './personas/persona-library.ts';
import { createPersonaServer } from './server.ts';
import { catchStrayErrors } from './stray-errors.ts';
import { serverName } from './version.ts';

/** How long the end of the process may wait for what is still to be written. */
const flushMs = 1_000;
/** After the grace of a shutdown: a part that does not close must not keep the process from ending. */
const closingMs = 5_000;

const stdout = 1;
const stderr = 2;
// Node makes pipes not block when these are first read. A persona's tool may write to them, and one
// without a listener for errors ends the process when its reader is gone.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
const screen = new LogStream(stdout);
const complaints = new LogStream(stderr);

/** How the process ends before it serves, and while it does. */
let end = (code: number): void => void flushAndExit(code, [screen, complaints]);

async function main(): Promise<void> {
  dotenv.config({ quiet: true });
  for (const line of misspeltVariables(Object.keys(process.env), serverVariables)) {
    complaints.write(`${line}\n`);
  }
  const config = loadConfig(process.env);
  const log = await openLog(stderr, config.logLevel);
  const { logger } = log;
  end = (code) => void flushAndExit(code, [screen, complaints, log]);
  catchStrayErrors({ logger, foreignFolders: foreignFolders(config), onFault: () => end(1) });
  const { server, personas, backend, why } = await open(config, logger);
  let stopping = false;
  const exit = end;
  end = (code) => {
    if (stopping) return;
    stopping = true;
    const late = setTimeout(() => {
      logger.error({ closingMs }, 'the server did not close in time; the process ends');
      exit(code === 0 ? 1 : code);
    }, config.shutdownGraceMs + closingMs).unref();
    const close = async (): Promise<void> => {
      personas.close();
      await server.close(config.shutdownGraceMs);
      backend.close?.();
    };
    close()
      .catch((error: unknown) => logger.error({ err: error }, 'a part of the server failed to close'))
      .finally(() => {
        clearTimeout(late);
        exit(code);
      });
  };
  const onSignal = (signal: string): void => {
    // A second one does not wait.
    if (stopping) process.exit(1);
    logger.info({ signal }, 'stopping');
    end(0);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);

  const { port } = await server.listen(config.port, config.host);
  const model = backend.model ?? 'unknown until the backend answers; set LLM_MODEL to choose it';
  screen.write(`${serverName}
  persona  ${personas.default.card.title} (${personas.default.card.name})
  backend  ${backend.name}, because ${why}
  model    ${model}
  socket   ws://${config.host.includes(':') ? `[${config.host}]` : config.host}:${port}/
  chat     http://localhost:${port}/
`);
}

type Opened = Awaited<ReturnType<typeof chooseBackend>> & {
  server: ReturnType<typeof createPersonaServer>;
  personas: PersonaLibrary;
};

/** All parts at once, so that all that is wrong with them is known at once. */
async function open(config: ServerConfig, logger: Logger): Promise<Opened> {
  const parts = [
    PersonaLibrary.open({ persona: config.persona, folder: config.personasFolder, logger }),
    readChatPage(),
    chooseBackend(config.backend, {
      onFailover: ({ backend: { name, secrets }, error, request }) =>
        logger.warn(
          { backend: name, code: error.code, reason: failureText(error, { request, secrets }) },
          'a backend failed; the next one answers',
        ),
      onAway: ({ name, secrets }, error) =>
        logger.warn(
          { backend: name, reason: failureText(error, { secrets }) },
          'a backend that was asked for may not be able to answer',
        ),
      onFault: (error, request) =>
        logger.warn({ reason: failureText(error, { request }) }, 'a backend module breaks its contract'),
    }),
  ] as const;
  const failures = (await Promise.allSettled(parts)).filter((part) => part.status === 'rejected');
  if (failures.length > 0) throw new AggregateError(failures.map(({ reason }): unknown => reason));
  const [personas, page, chosen] = await Promise.all(parts);
  const server = createPersonaServer({
    backend: chosen.backend,
    persona: personas,
    page,
    turnLimits: config.turnLimits,
    limits: config.limits,
    sharedLimits: config.sharedLimits,
    policy: config.policy,
    imageUrls: config.imageUrls,
    logger,
  });
  return { server, personas, ...chosen };
}

/** Where code is loaded from that is not the server's. */
function foreignFolders({ persona, personasFolder, backend }: ServerConfig): string[] {
  return [
    ...(personasFolder === undefined ? [] : [resolve(personasFolder)]),
    ...(persona.endsWith('.md') ? [dirname(resolve(persona))] : []),
    ...backend.backends.flatMap((one) => (one.kind === 'module' ? [dirname(resolve(one.path))] : [])),
  ];
}

interface Closable {
  close(withinMs: number): Promise<void>;
}

async function flushAndExit(code: number, outputs: readonly Closable[]): Promise<void> {
  await Promise.allSettled(outputs.map((output) => output.close(flushMs)));
  process.exit(code);
}

main().catch((error: unknown) => {
  complaints.write(`${explain(error, [ConfigError, PersonaError, BackendModuleError])}\n`);
  end(1);
});
