/** Loaded into each process that is measured, before its own code: tells what it has used, whenever it is asked. */
process.on('message', (message) => {
  if (message?.type !== 'use') return;
  if (message.collect) for (let round = 0; round < 3; round += 1) globalThis.gc();
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed, external } = process.memoryUsage();
  process.send({ type: 'used', cpuUs: user + system, rss, heap: heapUsed + external });
});
// The measured process ends when it would without.
process.channel.unref();
