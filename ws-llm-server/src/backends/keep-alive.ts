/** How long Ollama keeps a model that nobody uses, in Ollama's own notation and in milliseconds. Pure. */

export interface KeepAlive {
  /** As a request says it: a bare number is seconds there, and only as a number. */
  value: string | number;
  /** Infinity: for ever. */
  ms: number;
}

/** Longer than a pause in a conversation, shorter than a working day. */
export const defaultKeepAlive = '30m';

const msPerUnit: Record<string, number> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};

/** `30m`, `1h30m`, `90` (seconds), `0` (not at all), anything below 0 (for ever). Undefined for what Ollama would refuse. */
export function parseKeepAlive(text: string): KeepAlive | undefined {
  const seconds = Number(text);
  if (text.trim() !== '' && Number.isFinite(seconds)) {
    return { value: seconds, ms: seconds < 0 ? Infinity : seconds * 1_000 };
  }
  if (!/^-?(?:\d+(?:\.\d+)?(?:ns|us|µs|μs|ms|s|m|h))+$/.test(text)) return undefined;
  const parts = [...text.matchAll(/([\d.]+)([a-zµμ]+)/g)];
  const ms = parts.reduce((sum, [, count, unit]) => sum + Number(count) * (msPerUnit[unit ?? ''] ?? 0), 0);
  return { value: text, ms: text.startsWith('-') ? Infinity : ms };
}
