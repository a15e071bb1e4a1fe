/**
 * Asks a model server that never stops, in each way in turn, and writes how much memory the process
 * took.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { OpenAIBackend } from '../../src/backends/openai-backend.ts';

const call = { index: 0, id: 'c', function: { name: 'f', arguments: 'x'.repeat(60_000) } };
const attacks: Record<string, { status: number; unit: string }> = {
  'error body': { status: 500, unit: 'on fire\n'.repeat(8_192) },
  event: { status: 200, unit: `data: ${'x'.repeat(65_536)}\n` },
  arguments: {
    status: 200,
    unit: `data: ${JSON.stringify({ choices: [{ delta: { tool_calls: [call] } }] })}\n\n`,
  },
  line: { status: 200, unit: 'x'.repeat(65_536) },
};

const server = createServer((request, response) => {
  const attack = decodeURIComponent((request.url ?? '').split('/')[1] ?? '');
  const { status, unit } = attacks[attack] ?? { status: 500, unit: ' ' };
  response.writeHead(status);
  const chunk = Buffer.from(unit);
  const write = (): void => {
    while (!response.destroyed && response.write(chunk));
  };
  response.on('drain', write);
  response.on('error', () => undefined);
  write();
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const { port } = server.address() as AddressInfo;
let peak = 0;
const watching = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 5);
const measured: { attack: string; peakMb: number }[] = [];
for (const attack of Object.keys(attacks)) {
  peak = 0;
  const baseUrl = `http://127.0.0.1:${port}/${encodeURIComponent(attack)}`;
  const backend = new OpenAIBackend({ apiKey: '', baseUrl, model: 'm' });
  const { signal } = new AbortController();
  await backend.reply({ messages: [], params: {} }, { signal, onEvent: () => undefined }).then(
    () => Promise.reject(new Error(`${attack} did not fail`)),
    () => undefined,
  );
  measured.push({ attack, peakMb: Math.round(Math.max(peak, process.memoryUsage.rss()) / 1e6) });
}
clearInterval(watching);
server.close();
server.closeAllConnections();
console.log(JSON.stringify(measured));
