/** Processor time of each token, with a model that answers as fast as it can, on so many sockets at once: server against bare relay. */
import type { Child } from '../child.ts';
import type { TurnClient } from '../load/turn.ts';
import { monotonicMs } from '../monotonic-clock.ts';
import { startParts } from '../parts.ts';
import type { Case, Group } from '../run-group.ts';
import type { RowOptions } from './row.ts';

/** In each block about so many, whatever the sockets. */
const tokensInBlock = 10_000;
const token = 'word ';

interface Side {
  process: Child;
  clients: TurnClient[];
  frames: number;
  tokens: number;
  ms: number;
}

export function tokensGroup(sockets: number): (options: RowOptions) => Promise<Group> {
  const tokensEach = Math.max(100, Math.min(1_000, tokensInBlock / sockets));
  const rounds = Math.max(1, Math.round(tokensInBlock / (sockets * tokensEach)));
  return async ({ code, preload }) => {
    const parts = await startParts({ code, preload });
    await parts.model.behave({ tokens: Array.from({ length: tokensEach }, () => token) });
    const open = async (process: Child, dial: () => Promise<TurnClient>): Promise<Side> => ({
      process,
      clients: await Promise.all(Array.from({ length: sockets }, dial)),
      frames: 0,
      tokens: 0,
      ms: 0,
    });
    const sides = {
      relay: await open(parts.relay, () => parts.toRelay()),
      server: await open(parts.server, () => parts.toServer()),
    };
    const toCase = (name: keyof typeof sides): Case => ({ name, run: () => block(sides[name], rounds) });
    return {
      name: `processor time of a token, ${sockets} ${sockets === 1 ? 'socket' : 'sockets'}`,
      unit: 'us',
      comparison: 'ratio',
      control: toCase('relay'),
      cases: [toCase('server')],
      remarks: () =>
        Object.entries(sides).map(([name, { frames, tokens, ms }]) => {
          const perSecond = Math.round((tokens / ms) * 1_000).toLocaleString('en');
          return `${name}: ${(frames / tokens).toFixed(2)} frames a token, ${perSecond} tokens/s`;
        }),
      async close() {
        for (const { clients } of Object.values(sides)) for (const client of clients) client.close();
        await parts.stop();
      },
    };
  };
}

async function block(side: Side, rounds: number): Promise<number[]> {
  let chars = 0;
  const onText = (text: string): void => {
    side.frames += 1;
    chars += text.length;
  };
  const before = await side.process.use();
  const startedAt = monotonicMs();
  await Promise.all(
    side.clients.map(async (client) => {
      for (let round = 0; round < rounds; round += 1) await client.turn({ onText }).ended;
    }),
  );
  side.ms += monotonicMs() - startedAt;
  const { cpuUs } = await side.process.use();
  const tokens = chars / token.length;
  side.tokens += tokens;
  return [(cpuUs - before.cpuUs) / tokens];
}
