/** Loaded into each process that is measured, before its own code: tells what it has used and where it paused, whenever it is asked. */
import { PerformanceObserver } from 'node:perf_hooks';

/** A loop that is looked at each millisecond, and was not for so many, stood still. */
const stillMs = 3;

/** Undefined until somebody asks: looking takes time itself. */
let pauses;

process.on('message', (message) => {
  if (message?.type === 'use') {
    if (message.collect) for (let round = 0; round < 3; round += 1) globalThis.gc();
    const { user, system } = process.cpuUsage();
    const { rss, heapUsed, external } = process.memoryUsage();
    process.send({ type: 'used', cpuUs: user + system, rss, heap: heapUsed + external });
  }
  if (message?.type === 'pauses') {
    process.send({ type: 'paused', pauses: pauses ?? [] });
    if (pauses === undefined) watchPauses();
    pauses = [];
  }
});
// The measured process ends when it would without.
process.channel.unref();

function watchPauses() {
  const monotonicMs = () => Number(process.hrtime.bigint()) / 1e6;
  const startedAt = monotonicMs() - performance.now();
  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries())
      if (duration > 1) pauses.push({ why: 'garbage', at: startedAt + startTime, ms: duration });
  }).observe({ entryTypes: ['gc'] });
  let lastAt = monotonicMs();
  setInterval(() => {
    const at = monotonicMs();
    if (at - lastAt > stillMs) pauses.push({ why: 'still', at: lastAt, ms: at - lastAt });
    lastAt = at;
  }, 1).unref();
}
