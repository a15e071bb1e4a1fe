/** Prints the figures of every attack, as a table, after all of them, whatever passed or failed. */
import type { Reporter, TestModule } from 'vitest/node';
import { figuresHead, figuresLine } from './figures.ts';

export class FiguresReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const lines = modules.flatMap((module) =>
      [...module.children.allTests()].flatMap((test) => {
        const { figures } = test.meta();
        return figures === undefined
          ? []
          : [figuresLine(test.name, test.result().state === 'passed', figures)];
      }),
    );
    if (lines.length > 0) console.log(['', figuresHead, ...lines.toSorted(byClause)].join('\n'));
  }
}

function byClause(one: string, other: string): number {
  return numberOf(one) - numberOf(other);
}

/** The letters only group the numbers, which are unique. */
function numberOf(line: string): number {
  return Number(/^\D*(\d+)/.exec(line)?.[1] ?? Infinity);
}
