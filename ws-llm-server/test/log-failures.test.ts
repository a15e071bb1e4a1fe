/** Output that cannot be written neither stops the server nor slows it down, nor keeps it from ending. */
import { setTimeout as wait } from 'node:timers/promises';
import { closeSync, openSync } from 'node:fs';
import { expect, onTestFinished, test, vi } from 'vitest';
import { TestSocket } from '../../test/stand-ins/test-socket.ts';
import { freePort, startProcess } from './server-process.ts';
import { user } from './test-server.ts';
import { testPipe } from './test-pipe.ts';

// A process takes its time to start where many do.
vi.setConfig({ testTimeout: 15_000 });

function fullDisk(): number {
  const disk = openSync('/dev/full', 'w');
  onTestFinished(() => closeSync(disk));
  return disk;
}

function pipeWithoutReader(): number {
  const pipe = testPipe();
  pipe.closeReader();
  return pipe.writeEnd;
}

function fullPipe(): number {
  const pipe = testPipe();
  pipe.fill();
  return pipe.writeEnd;
}

async function connect(port: number): Promise<TestSocket> {
  for (;;) {
    const client = await TestSocket.open(`ws://127.0.0.1:${port}`, ['ws-llm.v1']).catch(() => undefined);
    if (client !== undefined) return client;
    await wait(50);
  }
}

/** Of several, because a busy machine delays some; a server that is blocked is late with all. */
async function quickestHealthMs(port: number): Promise<number> {
  const times: number[] = [];
  for (let attempt = 0; attempt < 5; attempt += 1) {
    const before = performance.now();
    expect((await fetch(`http://127.0.0.1:${port}/health`)).status).toBe(200);
    times.push(performance.now() - before);
  }
  return Math.min(...times);
}

test.each([
  ['a full disk', fullDisk],
  ['a pipe whose reader is gone', pipeWithoutReader],
  ['a pipe whose reader never reads', fullPipe],
])('a server that writes to %s answers as always and ends with 0', async (_, open) => {
  const output = open();
  const port = await freePort();
  const server = startProcess(
    { LLM_BACKEND: 'demo', PORT: String(port) },
    { stdout: output, stderr: output },
  );
  const client = await connect(port);
  client.send({ type: 'chat', id: '1', messages: [user('hi')] });
  expect((await client.untilEnd()).at(-1)).toMatchObject({ type: 'complete' });
  expect(await quickestHealthMs(port)).toBeLessThan(200);
  server.child.kill('SIGTERM');
  expect(await client.closed).toMatchObject({ code: 1001 });
  expect(await server.exited).toBe(0);
});

test('a mistake in the environment ends a server with 1 also where it cannot be told', async () => {
  const server = startProcess({ PORT: 'x' }, { stdout: fullPipe(), stderr: fullPipe() });
  expect(await server.exited).toBe(1);
});
