/**
 * The bench: `npm run bench -- [row...] [--blocks 12] [--samples n] [--seed n] [--json file]`. Runs each row in interleaved blocks
 * beside its control and prints the table. Measures nothing itself.
 */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { describeMachine, formatMachine } from './machine.ts';
import { seededRandom } from './random.ts';
import { allRows } from './rows/all-rows.ts';
import { type GroupResult, runGroup } from './run-group.ts';
import { type GroupSummary, summarize } from './summary.ts';
import { formatTable } from './table.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    blocks: { type: 'string', default: '12' },
    samples: { type: 'string' },
    seed: { type: 'string' },
    json: { type: 'string' },
  },
});

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new Error(`--${name}: expected a whole number, got ${text}`);
  return value;
}

const blocks = wholeNumber('blocks', values.blocks);
const seed = values.seed === undefined ? Date.now() % 1_000_000 : wholeNumber('seed', values.seed);
const usual = Object.keys(allRows).filter((name) => allRows[name]?.isLong !== true);
const names = positionals.length > 0 ? positionals : usual;
const machine = describeMachine();
const groups: { summary: GroupSummary; result: GroupResult }[] = [];

console.log(`${formatMachine(machine)}\n${blocks} blocks in random order, seed ${seed}\n`);
for (const name of names) {
  const row = allRows[name];
  if (row === undefined) throw new Error(`no row "${name}"; there are ${Object.keys(allRows).join(', ')}`);
  const samples = values.samples === undefined ? row.samples : wholeNumber('samples', values.samples);
  const random = seededRandom(seed);
  const group = await row.start({ samples, code: 'built' });
  try {
    const result = await runGroup(group, { blocks, warmUpBlocks: 2, random });
    const summary = summarize(result, random);
    groups.push({ summary, result });
    console.log(`${formatTable(summary)}\n`);
  } finally {
    await group.close();
  }
}
if (values.json !== undefined) {
  const at = new Date().toISOString();
  await writeFile(values.json, `${JSON.stringify({ at, machine, seed, groups }, undefined, 2)}\n`);
}
