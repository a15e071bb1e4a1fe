/**
 * `npm run talk`: everything between a person and the agent, from one command. Starts what is missing, serves the voice page, and takes all
 * of it down again when it ends.
 */
import { environment } from '../env.ts';
import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { initializeLogger } from '@livekit/agents';
import { agentVariables } from '../config.ts';
import { Lifetime } from '../lifetime.ts';
import { misspeltVariables } from '../misspelt-variables.ts';
import { startChild, type Child } from './child.ts';
import { openBrowser } from './open-browser.ts';
import { findPersonaServer } from './persona-server.ts';
import { startTalkServer } from './talk-server.ts';
import { prepareTalk, SetupError } from './talk-setup.ts';
import { writeTicket } from './tickets.ts';

const usualPort = 8766;
const workerWithinMs = 120_000;
const page = new URL('../../../chat-client/voice-client.html', import.meta.url);
const serverMain = new URL('../../../ws-llm-server/dist/main.js', import.meta.url);
const workerMain = new URL(`../main${extname(import.meta.url)}`, import.meta.url);

/** What was started, and ends with the command; also what starts while it ends. */
const talk = new Lifetime();

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

async function main(): Promise<void> {
  initializeLogger({ pretty: false, level: 'silent' });
  for (const line of misspeltVariables(Object.keys(environment), agentVariables))
    process.stderr.write(`${line}\n`);
  const { config, env } = await prepareTalk(environment, [
    { path: page, remedy: 'the voice page is not built\n      npm run build:page' },
    { path: serverMain, remedy: 'the server is not built\n      npm run build' },
  ]);
  const logFile = join(tmpdir(), `ws-llm-talk-${process.pid}.log`);
  const log = createWriteStream(logFile, { mode: 0o600 });
  // A full disk must not end a call.
  log.once('error', (error) => process.stderr.write(`The log cannot be written: ${error.message}\n`));
  log.on('error', () => {});
  const watch = (child: Child): void => {
    void child.ended.then((output) =>
      end(`A part of it has ended.\n${output}\nAll of its log: ${logFile}`, 1),
    );
  };

  const start = { path: fileURLToPath(serverMain), env, log, owner: talk };
  const server = await findPersonaServer(config.server, env['WS_LLM_URL'] !== undefined, start);
  if (server.child !== undefined) watch(server.child);
  const ready = await server.ask();
  const title = ready?.persona.title ?? 'whoever the server chooses';
  print(`ws-llm talk
  persona  ${title}, ${server.url}${server.child === undefined ? '' : ' (started)'}
  rooms    ${config.livekit.url}
  log      ${logFile}`);

  // A name of its own, so that no other worker answers, and this one answers in no other room.
  const agentName = config.agentName ?? `talk-${randomBytes(4).toString('hex')}`;
  const workerEnv = { ...env, WS_LLM_URL: server.url, AGENT_NAME: agentName };
  const worker = await startChild({
    name: 'The agent',
    path: fileURLToPath(workerMain),
    args: ['start'],
    env: workerEnv,
    log,
    owner: talk,
  });
  watch(worker);
  await worker.waitForLine(/registered worker/, workerWithinMs);

  const pages = await startTalkServer(
    {
      page: await readFile(page, 'utf8'),
      // Asked each time: personas change while the server runs.
      offer: async () => {
        const { persona, personas = [] } = (await server.ask()) ?? {};
        return { persona, personas };
      },
      ticket: (persona) => writeTicket(config.livekit, agentName, persona),
    },
    usualPort,
  );
  talk.own(() => pages.close());
  if (talk.signal.aborted) return;
  print(`  page     ${pages.url}\n\nCtrl+C ends it.`);
  if (process.stdout.isTTY) openBrowser(pages.url);
}

let isEnding = false;

/** Once. A second Ctrl+C does not wait. */
function end(message: string | undefined, code: number): void {
  if (isEnding) return;
  isEnding = true;
  if (message !== undefined) process.stderr.write(`${message}\n`);
  void talk.end().finally(() => process.exit(code));
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => (isEnding ? process.exit(1) : end(undefined, 0)));
}
main().catch((error: unknown) => {
  const message = error instanceof Error ? error.message : String(error);
  end(error instanceof SetupError ? message : `npm run talk has failed: ${message}`, 1);
});
