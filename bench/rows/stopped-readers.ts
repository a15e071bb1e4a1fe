/**
 * What clients cost that stop reading in the middle of their replies: the server's largest memory for each of them, beside clients that
 * read the same replies. The server may keep `buffered_bytes` for each, which is 1 MiB, and lets them go past it.
 */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { startChild } from '../child.ts';
import { ModelProcess } from '../parts.ts';
import type { Case, Group } from '../run-group.ts';

/** In all more than the kernel keeps of a connection and the server on top of it. */
const repliesEach = 260;
const behaviour = { tokens: Array.from({ length: 4 }, () => 'x'.repeat(15_000)) };

export async function stoppedReadersGroup(clients: number): Promise<Group> {
  const model = await ModelProcess.start();
  await model.behave(behaviour);
  const toCase = (name: string, isReading: boolean): Case => ({
    name,
    run: () => peakKiBEach(model.url, clients, isReading),
  });
  return {
    name: 'stopped readers, peak memory each',
    unit: 'KiB',
    comparison: 'difference',
    control: toCase('reading', true),
    cases: [toCase('stopped', false)],
    close: () => model.stop(),
  };
}

async function peakKiBEach(modelUrl: string, clients: number, isReading: boolean): Promise<number[]> {
  const server = await startChild('../ws-llm-server/src/main.ts', {
    PORT: '0',
    LLM_BACKEND: 'openai',
    LLM_MODEL: 'fake-model',
    OPENAI_BASE_URL: `${modelUrl}/v1`,
    LOG_LEVEL: 'silent',
    LIMIT_OPEN_REQUESTS: String(repliesEach),
  });
  try {
    const sockets = await Promise.all(
      Array.from({ length: clients }, () => ask(`ws://127.0.0.1:${server.port}/`, isReading)),
    );
    if (isReading) await Promise.all(sockets.map((socket) => untilAnswered(socket)));
    else await untilAllAreLetGo(server.port);
    for (const socket of sockets) socket.terminate();
    return [(await peakKiB(server.pid)) / clients];
  } finally {
    await server.stop();
  }
}

/** One reply after the other, as they are on a thread. */
async function ask(url: string, isReading: boolean): Promise<WebSocket> {
  const socket = new WebSocket(url, ['ws-llm.v1'], { perMessageDeflate: false });
  await once(socket, 'open');
  if (!isReading) socket.pause();
  const messages = [{ role: 'user', content: 'Tell me all.' }];
  for (let id = 0; id < repliesEach; id += 1) {
    socket.send(JSON.stringify({ type: 'chat', id: `r${id}`, messages }));
  }
  return socket;
}

function untilAnswered(socket: WebSocket): Promise<void> {
  let ended = 0;
  return new Promise((resolve) => {
    socket.on('message', (data: Buffer) => {
      if ((JSON.parse(data.toString()) as { type: string }).type === 'complete') ended += 1;
      if (ended === repliesEach) resolve();
    });
  });
}

async function untilAllAreLetGo(port: number): Promise<void> {
  for (;;) {
    const health = await fetch(`http://127.0.0.1:${port}/health`);
    const { connections } = (await health.json()) as { connections: number };
    if (connections === 0) return;
    await pause(50);
  }
}

/** Where the kernel tells: elsewhere this row cannot be run. */
async function peakKiB(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]);
}
