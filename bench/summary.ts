/** A group's samples as the few numbers that are told of them. Pure. */
import type { Random } from './random.ts';
import type { CaseResult, GroupResult } from './run-group.ts';
import { blockSpread, compareQuantiles, type Estimate, quantile, sorted, type Spread } from './statistics.ts';

/** From here on the load generator is taken for the limit: what was measured is then its own. */
const generatorLimit = 0.9;

export interface CaseSummary {
  name: string;
  samples: number;
  median: number;
  p99: number;
  /** Of the medians of its blocks. */
  spread: Spread;
  /** The most of any block. */
  generatorUse: number;
  isGeneratorLimited: boolean;
  /** Undefined for the control itself. */
  against?: { median: Estimate; p99: Estimate };
}

export interface GroupSummary {
  name: string;
  unit: string;
  comparison: GroupResult['comparison'];
  blocks: number;
  /** The control first. */
  cases: CaseSummary[];
  problems: string[];
  remarks: string[];
}

export function summarize(result: GroupResult, random: Random): GroupSummary {
  const { name, unit, comparison, control, problems, remarks } = result;
  const cases = [
    describeCase(control),
    ...result.cases.map((one) => {
      const options = { comparison, shares: [0.5, 0.99], random };
      const [median, p99] = compareQuantiles(control.blocks, one.blocks, options);
      if (median === undefined || p99 === undefined) throw new Error('as many estimates as shares');
      return { ...describeCase(one), against: { median, p99 } };
    }),
  ];
  return { name, unit, comparison, blocks: control.blocks.length, cases, problems, remarks };
}

function describeCase({ name, blocks, generatorUse }: CaseResult): CaseSummary {
  const samples = sorted(blocks.flat());
  const most = Math.max(...generatorUse);
  return {
    name,
    samples: samples.length,
    median: quantile(samples, 0.5),
    p99: quantile(samples, 0.99),
    spread: blockSpread(blocks),
    generatorUse: most,
    isGeneratorLimited: most >= generatorLimit,
  };
}
