/** A group's summary as a table for the terminal, and what a reader must know beside it. Pure. */
import type { Estimate } from './statistics.ts';
import type { CaseSummary, GroupSummary } from './summary.ts';

export function formatTable(group: GroupSummary): string {
  const [control] = group.cases;
  const sign = group.comparison === 'difference' ? '-' : '/';
  const head = [
    group.name,
    `median ${group.unit}`,
    'p99',
    `median ${sign} ${control?.name}`,
    `p99 ${sign} ${control?.name}`,
    'blocks',
    'generator',
  ];
  const rows = group.cases.map((one) => cells(one, group));
  const widths = head.map((title, at) => Math.max(title.length, ...rows.map((row) => row[at]?.length ?? 0)));
  const lines = [head, ...rows].map((row) =>
    row
      .map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
  return [...lines, ...notes(group)].join('\n');
}

function cells(one: CaseSummary, { comparison }: GroupSummary): string[] {
  const estimate = (which: Estimate | undefined): string =>
    which === undefined ? '' : formatEstimate(which, comparison);
  return [
    one.name,
    formatNumber(one.median),
    formatNumber(one.p99),
    estimate(one.against?.median),
    estimate(one.against?.p99),
    `${formatNumber(one.spread.lowest)}..${formatNumber(one.spread.highest)}`,
    `${Math.round(one.generatorUse * 100)} %`,
  ];
}

function formatEstimate({ value, low, high }: Estimate, comparison: GroupSummary['comparison']): string {
  const plus = comparison === 'difference' && value >= 0 ? '+' : '';
  return `${plus}${formatNumber(value)} [${formatNumber(low)}, ${formatNumber(high)}]`;
}

function notes({ cases, problems, remarks }: GroupSummary): string[] {
  const limited = cases
    .filter(({ isGeneratorLimited }) => isGeneratorLimited)
    .map(({ name }) => `! ${name}: the load generator was the limit; the number is its own`);
  return [
    ...remarks.map((remark) => `  ${remark}`),
    ...limited,
    ...problems.map((problem) => `! ${problem}`),
  ];
}

/** Three digits that mean something. */
function formatNumber(value: number): string {
  const size = Math.abs(value);
  if (size >= 100) return value.toFixed(0);
  return value.toFixed(size >= 10 ? 1 : 2);
}
