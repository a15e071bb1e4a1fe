/**
 * The comparison: `npm run bench:plugins`. One probe after the other drives the three plugins through `llm.LLM` in front of the same fake
 * model, and counts. Fails where ours is wrong, and where a known fault of another does not show: then a probe sees nothing.
 */
import { initializeLogger } from '@livekit/agents';
import { describeMachine, formatMachine } from '../machine.ts';
import { type CandidateName, startCandidate } from './candidates.ts';
import type { Finding, Probe } from './probe.ts';
import { modelStops, onlyWhatWasHeard, sameSocket } from './probes/barge-in.ts';
import { answerAgain, bytesBeyondWords, toolsOnce } from './probes/bytes.ts';
import { letsGo, namesItself, warmsUp } from './probes/manners.ts';
import { idleSocket, silentModel } from './probes/waiting.ts';
import { firstWord, workBeforeSending } from './probes/work.ts';
import { formatTable, type Row, surprises } from './table.ts';

const probes: Probe[] = [
  modelStops,
  sameSocket,
  onlyWhatWasHeard,
  silentModel,
  idleSocket,
  bytesBeyondWords,
  toolsOnce,
  answerAgain,
  workBeforeSending,
  firstWord,
  namesItself,
  letsGo,
  warmsUp,
];
const shown = ['ws-llm', 'openai chat', 'openai responses'] as const;
/** What the others take is what ours is measured against. */
const order = ['openai responses', 'openai chat', 'ws-llm'] as const;

async function find(probe: Probe, name: CandidateName): Promise<Finding> {
  const candidate = await startCandidate(name);
  // LiveKit's retries need a listener.
  candidate.plugin.on('error', () => {});
  try {
    return await probe.run(candidate);
  } finally {
    await candidate.stop();
  }
}

initializeLogger({ pretty: false, level: 'silent' });
console.log(`${formatMachine(describeMachine())}\n`);
const rows: Row[] = [];
for (const probe of probes) {
  const found = new Map<CandidateName, Finding>();
  for (const name of order) found.set(name, await find(probe, name));
  rows.push({ probe, findings: Object.fromEntries(found) as Row['findings'] });
}
console.log(formatTable(rows, shown));
const wrong = surprises(rows, shown);
for (const surprise of wrong) console.log(`! ${surprise}`);
process.exitCode = wrong.length === 0 ? 0 : 1;
