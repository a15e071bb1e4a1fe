/** What was found, as a table for the terminal. Pure. */
import type { Finding, Probe } from './probe.ts';
import { type CandidateName, candidateNames } from './candidates.ts';

export interface Row {
  probe: Probe;
  findings: Record<CandidateName, Finding>;
}

export function formatTable(rows: readonly Row[]): string {
  const lines = [
    ['', ...candidateNames],
    ...rows.map(({ probe, findings }) => [
      probe.title,
      ...candidateNames.map((name) => cell(findings[name])),
    ]),
  ];
  const widths = lines[0]?.map((_, at) => Math.max(...lines.map((line) => line[at]?.length ?? 0))) ?? [];
  return lines
    .map((line) =>
      line
        .map((text, at) => text.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function cell({ value, isRight }: Finding): string {
  const marks = { true: '+', false: '-', undefined: ' ' };
  return `${marks[`${isRight}`]} ${value}`;
}

/** Each finding that is not what was expected, in words. */
export function surprises(rows: readonly Row[]): string[] {
  return rows.flatMap(({ probe, findings }) =>
    candidateNames
      .filter((name) => findings[name].isRight !== probe.expected[name])
      .map((name) => `${name}, "${probe.title}": ${findings[name].value}, ${explain(probe.expected[name])}`),
  );
}

function explain(expected: boolean | undefined): string {
  return expected === true ? 'which is a fault' : 'and was expected to show its fault';
}
