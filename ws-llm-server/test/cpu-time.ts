/** How long this process computes, whatever else the machine does meanwhile. */

/** Starts to count; the returned function tells the milliseconds since then. */
export function cpuTime(): () => number {
  const before = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1_000;
  };
}
