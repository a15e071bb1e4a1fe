/** Which cells of operation x stage x trouble were hit, and how often; and which of them must be. */
import type { MirrorOutcome } from './expected-mirrors.ts';
import { type Trouble, talkingTroubles, troubles } from './reply-plan.ts';

/** What an operation met: the stage of the chat that it hit, or how busy the connection was. */
export type Stage = 'idle' | 'busy' | 'waiting' | 'before' | 'middle' | 'ended' | 'unknown';
export type Operation =
  | `v1 ${'chat' | 'chat named' | 'chat alone' | 'chat mirrored' | 'reset' | 'reset named' | 'cancel' | 'loss'}`
  | `v1 ${'warm' | 'cancel warm' | 'loss of warm' | 'ping' | 'heard' | `mirror ${Exclude<MirrorOutcome['type'], 'served'>}`}`
  | `plain ${'chat' | 'reset' | 'loss' | 'mistake'}`;

const sent = [
  'v1 chat',
  'v1 chat named',
  'v1 chat alone',
  'v1 chat mirrored',
  'v1 warm',
  'plain chat',
] as const;
const strikes = ['v1 cancel', 'v1 reset', 'v1 reset named', 'v1 loss', 'plain loss'] as const;
const withTrouble: readonly [Operation, Stage, readonly Trouble[]][] = [
  ...sent.flatMap((operation) => [
    [operation, 'idle', troubles] as [Operation, Stage, readonly Trouble[]],
    [operation, 'busy', troubles] as [Operation, Stage, readonly Trouble[]],
  ]),
  ...strikes.flatMap((operation) => [
    [operation, 'waiting', troubles] as [Operation, Stage, readonly Trouble[]],
    [operation, 'before', troubles] as [Operation, Stage, readonly Trouble[]],
    [operation, 'middle', talkingTroubles] as [Operation, Stage, readonly Trouble[]],
  ]),
  ['v1 cancel', 'ended', troubles],
  ...(['v1 cancel warm', 'v1 loss of warm'] as const).flatMap((operation) => [
    [operation, 'waiting', troubles] as [Operation, Stage, readonly Trouble[]],
    [operation, 'before', troubles] as [Operation, Stage, readonly Trouble[]],
  ]),
];

const mirrored = ['wrong base', 'too much kept', 'too large', 'flawed', 'unreadable'] as const;
const others = [
  ...(['v1 ping', 'v1 heard', 'plain reset', 'plain mistake'] as const),
  ...mirrored.map((outcome) => `v1 mirror ${outcome}` as const),
];
const withoutTrouble: readonly [Operation, Stage][] = [
  ['v1 cancel', 'unknown'],
  ...(['v1 reset', 'v1 reset named', 'v1 loss', 'plain loss'] as const).map(
    (operation) => [operation, 'idle'] as [Operation, Stage],
  ),
  ...others.flatMap((operation) => [
    [operation, 'idle'] as [Operation, Stage],
    [operation, 'busy'] as [Operation, Stage],
  ]),
];

function cell(operation: Operation, stage: Stage, trouble?: Trouble): string {
  return [operation, stage, trouble ?? '-'].join(' | ');
}

/** Cells that a full run must hit. */
const requiredCells: readonly string[] = [
  ...withTrouble.flatMap(([operation, stage, all]) => all.map((trouble) => cell(operation, stage, trouble))),
  ...withoutTrouble.map(([operation, stage]) => cell(operation, stage)),
];

export class Coverage {
  /** Requests that ended, and those among them that ended by a deadline that they should have kept. */
  requests = 0;
  slow = 0;
  readonly #hits = new Map<string, number>();

  hit(operation: Operation, stage: Stage, trouble?: Trouble): void {
    const name = cell(operation, stage, trouble);
    this.#hits.set(name, (this.#hits.get(name) ?? 0) + 1);
  }

  ended(slow: boolean): void {
    this.requests += 1;
    if (slow) this.slow += 1;
  }

  /** Required cells of a kind of client that were hit fewer than `times` times. */
  below(times: number, client: 'v1' | 'plain'): string[] {
    return requiredCells.flatMap((name) => {
      if (!name.startsWith(client)) return [];
      const hits = this.#hits.get(name) ?? 0;
      return hits < times ? [`${name}: ${hits}`] : [];
    });
  }

  /** One line for each operation and stage, one column for each trouble. */
  table(): string {
    const rows = new Map<string, Map<string, number>>();
    for (const name of this.#hits.keys()) {
      const [operation = '', stage = '', trouble = ''] = name.split(' | ');
      const row = rows.get(`${operation}, ${stage}`) ?? new Map<string, number>();
      rows.set(`${operation}, ${stage}`, row.set(trouble, this.#hits.get(name) ?? 0));
    }
    const columns = ['-', ...troubles];
    const head = ['', ...columns].map((name, index) => name.padEnd(index === 0 ? 24 : width(name)));
    const lines = [...rows]
      .toSorted(([one], [other]) => one.localeCompare(other))
      .map(([name, row]) => {
        const counts = columns.map((column) => String(row.get(column) ?? '').padStart(width(column) - 1));
        return [name.padEnd(24), ...counts.map((count) => `${count} `)].join('');
      });
    return [head.join(''), ...lines].join('\n');
  }
}

function width(column: string): number {
  return Math.max(column.length + 2, 7);
}
