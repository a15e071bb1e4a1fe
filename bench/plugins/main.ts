/**
 * The comparison: `npm run bench:plugins`. One probe after the other drives the three plugins through `llm.LLM` in front of the same fake
 * model, and counts. Fails where ours is wrong, and where a known fault of another does not show: then a probe sees nothing.
 */
import { initializeLogger } from '@livekit/agents';
import { describeMachine, formatMachine } from '../machine.ts';
import { compare } from './compare.ts';
import { allProbes } from './probes/all-probes.ts';
import { formatTable, type Row, surprises } from './table.ts';

initializeLogger({ pretty: false, level: 'silent' });
console.log(`${formatMachine(describeMachine())}\n`);
const rows: Row[] = [];
for (const probe of allProbes) rows.push(await compare(probe));
console.log(`${formatTable(rows)}\n\n+ right, - a known fault, neither: for information`);
const wrong = surprises(rows);
for (const surprise of wrong) console.log(`! ${surprise}`);
process.exitCode = wrong.length === 0 ? 0 : 1;
