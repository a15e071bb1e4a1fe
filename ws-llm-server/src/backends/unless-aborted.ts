/** Rejects with the signal's reason when it aborts first; what was waited for goes on, and its failure is nobody's then. */
export async function unlessAborted<T>(waited: Promise<T>, signal: AbortSignal): Promise<T> {
  let leave: (() => void) | undefined;
  const left = new Promise<never>((_, reject) => {
    leave = () => reject(signal.reason as Error);
    if (signal.aborted) leave();
    else signal.addEventListener('abort', leave, { once: true });
  });
  try {
    return await Promise.race([waited, left]);
  } finally {
    if (leave !== undefined) signal.removeEventListener('abort', leave);
  }
}
