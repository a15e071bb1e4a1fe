/**
 * Runs the cases of one group in interleaved blocks: each round runs every case once, in random order, so that what changes on the
 * machine meets them all. Knows neither what a case measures nor how results are shown.
 */
import { type EventLoopUtilization, performance } from 'node:perf_hooks';
import { type Random, shuffled } from './random.ts';
import type { Comparison } from './statistics.ts';

export interface Case {
  name: string;
  /** One block of samples, in the group's unit. */
  run(): Promise<number[]>;
}

/** What is measured together, and against what. */
export interface Group {
  name: string;
  unit: string;
  comparison: Comparison;
  control: Case;
  cases: readonly Case[];
  /** Its blocks start from nothing, each in a process of its own: there is nothing to warm up. Default false. */
  isFresh?: boolean;
  /** After the last block: what is not as it must be, in a sentence each. */
  check?(): Promise<string[]>;
  /** After the last block: what was seen beside the samples, in a line each. */
  remarks?(): string[];
  close(): Promise<void>;
}

export interface CaseResult {
  name: string;
  /** Round by round. */
  blocks: number[][];
  /** Share of each block in which the load generator's event loop was busy. */
  generatorUse: number[];
}

export interface GroupResult {
  name: string;
  unit: string;
  comparison: Comparison;
  control: CaseResult;
  cases: CaseResult[];
  problems: string[];
  remarks: string[];
}

export interface RunOptions {
  /** Rounds that count. */
  blocks: number;
  /** Rounds before them that do not: code that is not compiled yet, connections that are not made. */
  warmUpBlocks: number;
  random: Random;
}

export async function runGroup(
  group: Group,
  { blocks, warmUpBlocks, random }: RunOptions,
): Promise<GroupResult> {
  const all = [group.control, ...group.cases];
  const results = new Map<Case, CaseResult>(
    all.map((one) => [one, { name: one.name, blocks: [], generatorUse: [] }]),
  );
  for (let round = group.isFresh === true ? 0 : -warmUpBlocks; round < blocks; round += 1) {
    for (const one of shuffled(all, random)) {
      const before: EventLoopUtilization = performance.eventLoopUtilization();
      const samples = await one.run();
      const { utilization } = performance.eventLoopUtilization(before);
      if (samples.length === 0) throw new Error(`${group.name}, ${one.name}: a block without samples`);
      if (round < 0) continue;
      results.get(one)?.blocks.push(samples);
      results.get(one)?.generatorUse.push(utilization);
    }
  }
  const [control, ...cases] = [...results.values()];
  if (control === undefined) throw new Error(`${group.name}: nothing was measured`);
  const { name, unit, comparison } = group;
  const problems = (await group.check?.()) ?? [];
  return { name, unit, comparison, control, cases, problems, remarks: group.remarks?.() ?? [] };
}
