/** Which cells of operation x stage x trouble were hit, and how often. */
import type { MirrorOutcome } from './expected-mirrors.ts';
import { type Trouble, troubles } from './reply-plan.ts';

/** What an operation met: the stage of the request that it hit, or how busy the connection was. */
export type Stage = 'idle' | 'busy' | 'waiting' | 'before' | 'middle' | 'ended' | 'unknown';
export type Operation =
  | `v1 ${'chat' | 'chat named' | 'chat alone' | 'chat mirrored' | 'reset' | 'reset named' | 'cancel' | 'loss'}`
  | `v1 ${'warm' | 'cancel of warm' | 'loss of warm' | 'ping' | 'heard'}`
  | `v1 mirror ${Exclude<MirrorOutcome['type'], 'served'>}`
  | `plain ${'chat' | 'reset' | 'loss' | 'mistake'}`;
export type Cell = `${Operation} | ${Stage} | ${Trouble | '-'}`;

export function cellOf(operation: Operation, stage: Stage, trouble?: Trouble): Cell {
  return `${operation} | ${stage} | ${trouble ?? '-'}`;
}

export class Coverage {
  /** Requests that ended, and those among them that ended by a deadline that they should have kept. */
  requests = 0;
  slow = 0;
  readonly #hits = new Map<Cell, number>();

  hit(operation: Operation, stage: Stage, trouble?: Trouble): void {
    const name = cellOf(operation, stage, trouble);
    this.#hits.set(name, (this.#hits.get(name) ?? 0) + 1);
  }

  ended(slow: boolean): void {
    this.requests += 1;
    if (slow) this.slow += 1;
  }

  /** Those of `cells` that were hit fewer than `times` times. */
  below(times: number, cells: readonly Cell[]): string[] {
    return cells.flatMap((name) => {
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
