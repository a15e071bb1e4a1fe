/**
 * Loaded into a measured process before its own code: reports over IPC how long its event loop
 * stood still at most. A beat every 10 ms; a gap between two beats, less the 10 ms, is a stall.
 */
const beatMs = 10;
const reportMs = 200;

let lastAt = performance.now();
let reportedAt = 0;
let longestMs = 0;
/** Stalls while the program loads are no attack's doing. */
let isWatching = false;

process.on('message', (message) => {
  if (message?.type === 'report-loop') report();
  if (message?.type !== 'watch-loop') return;
  isWatching = true;
  longestMs = 0;
  lastAt = performance.now();
});
// Neither the beat nor the channel keeps the process alive.
process.channel?.unref();

/** A pipe whose reader is gone must not end the measured process. */
function report() {
  // The stall that goes on now counts as well.
  longestMs = Math.max(longestMs, performance.now() - lastAt - beatMs);
  if (process.connected) process.send({ type: 'loop', longestMs }, () => undefined);
}

setInterval(() => {
  const now = performance.now();
  const stallMs = now - lastAt - beatMs;
  lastAt = now;
  if (!isWatching) return;
  const isLonger = stallMs > longestMs;
  if (isLonger) longestMs = stallMs;
  if (now - reportedAt < reportMs && !(isLonger && stallMs > 50)) return;
  reportedAt = now;
  report();
}, beatMs).unref();
