#!/usr/bin/env node
/**
 * The process: environment, first screen, signals. The only file of the server that may exit.
 */
import dotenv from 'dotenv';
import { destination, pino } from 'pino';
import { BackendModuleError } from './backends/backend-module.ts';
import { chooseBackend } from './backends/choose-backend.ts';
import { ConfigError, loadConfig, serverVariables } from './config.ts';
import { readChatPage } from './http/chat-page.ts';
import { misspeltVariables } from './misspelt-variables.ts';
import { PersonaError } from './personas/persona-error.ts';
import { PersonaLibrary } from './personas/persona-library.ts';
import { createPersonaServer } from './server.ts';
import { serverName } from './version.ts';

async function main(): Promise<void> {
  dotenv.config({ quiet: true });
  for (const line of misspeltVariables(Object.keys(process.env), serverVariables)) console.error(line);
  const config = loadConfig(process.env);
  const stderr = 2;
  const logger = pino(
    { level: config.logLevel, base: null },
    process.stderr.isTTY
      ? (await import('pino-pretty')).default({ destination: stderr, sync: true })
      : destination(stderr),
  );
  const parts = [
    PersonaLibrary.open({ persona: config.persona, folder: config.personasFolder, logger }),
    readChatPage(),
    chooseBackend(config.backend, {
      onFailover: (failed, { code, message }) =>
        logger.warn({ backend: failed, code, reason: message }, 'a backend failed; the next one answers'),
      onAway: (away, error) =>
        logger.warn(
          { backend: away, reason: messageOf(error) },
          'a backend that was asked for may not be able to answer',
        ),
    }),
  ] as const;
  const failures = (await Promise.allSettled(parts)).filter((part) => part.status === 'rejected');
  if (failures.length > 0) throw new AggregateError(failures.map(({ reason }): unknown => reason));
  const [personas, page, { backend, why }] = await Promise.all(parts);
  const server = createPersonaServer({
    backend,
    persona: personas,
    page,
    turnLimits: config.turnLimits,
    limits: config.limits,
    policy: config.policy,
    logger,
  });
  const { port } = await server.listen(config.port, config.host);
  const model = backend.model ?? 'unknown until the backend answers; set LLM_MODEL to choose it';
  console.log(`${serverName}
  persona  ${personas.default.card.title} (${personas.default.card.name})
  backend  ${backend.name}, because ${why}
  model    ${model}
  socket   ws://${config.host.includes(':') ? `[${config.host}]` : config.host}:${port}/
  chat     http://localhost:${port}/`);

  let stopping = false;
  const stop = (signal: string): void => {
    // A second one does not wait.
    if (stopping) process.exit(1);
    stopping = true;
    personas.close();
    logger.info({ signal }, 'stopping');
    void server.close(config.shutdownGraceMs).then(() => {
      backend.close?.();
      process.exit(0);
    });
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** What a person can mend is told in a sentence; anything else with its stack. */
function explain(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(explain).join('\n');
  if (error instanceof ConfigError || error instanceof PersonaError) return error.message;
  if (error instanceof BackendModuleError) return error.message;
  if (isListenError(error)) return cannotListen(error);
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** What `net` throws where a server cannot listen. */
interface ListenError extends Error {
  code: string;
  address: string;
  port: number;
}

function isListenError(error: unknown): error is ListenError {
  return error instanceof Error && 'syscall' in error && error.syscall === 'listen';
}

function cannotListen({ code, address, port, message }: ListenError): string {
  if (code === 'EADDRINUSE')
    return `PORT: ${port} of ${address} is in use. Stop what listens there, or set PORT to another one.`;
  if (code === 'EACCES') return `PORT: ${port} is not for every user. Set PORT to one above 1023.`;
  if (code === 'EADDRNOTAVAIL') return `HOST: this machine has no address ${address}. Set HOST to 127.0.0.1.`;
  return `HOST, PORT: the server cannot listen there (${message}).`;
}

main().catch((error: unknown) => {
  console.error(explain(error));
  process.exit(1);
});
