/** Drives the three plugins through probes, each time from the start, in front of a fake model of its own. Prints nothing. */
import { candidateNames, type CandidateName, startCandidate } from './candidates.ts';
import type { Finding, Findings, Probe } from './probe.ts';
import type { Row } from './table.ts';

/** What the others take is what ours is measured against. */
const order = candidateNames.toReversed();

export async function compare(probe: Probe): Promise<Row> {
  const findings: Findings = {};
  for (const name of order) findings[name] = await find(probe, name, findings);
  return { probe, findings: findings as Row['findings'] };
}

async function find(probe: Probe, name: CandidateName, before: Findings): Promise<Finding> {
  const candidate = await startCandidate(name);
  // LiveKit's retries need a listener.
  candidate.plugin.on('error', () => {});
  try {
    return await probe.run(candidate, before);
  } finally {
    await candidate.stop();
  }
}
