/** On what it was measured, and whether the machine had other work. */
import { cpus, loadavg, release } from 'node:os';

export interface Machine {
  processor: string;
  cores: number;
  node: string;
  system: string;
  /** Processes that ran or waited, over the last minute, when the bench began. */
  load: number;
  /** Others were at work: numbers are provisional. */
  isBusy: boolean;
}

export function describeMachine(): Machine {
  const cores = cpus();
  const [load = 0] = loadavg();
  return {
    processor: cores[0]?.model.trim() ?? 'unknown',
    cores: cores.length,
    node: process.version,
    system: `${process.platform} ${release()}`,
    load,
    isBusy: load > cores.length / 4,
  };
}

export function formatMachine({ processor, cores, node, system, load, isBusy }: Machine): string {
  const busy = isBusy ? '\n! others were at work on this machine: the numbers are provisional' : '';
  return `${cores} x ${processor}, node ${node}, ${system}, load ${load.toFixed(1)}${busy}`;
}
