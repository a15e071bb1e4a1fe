/** Whether a LiveKit server answers and accepts the keys. Starts nothing and joins nothing. */
import { RoomServiceClient } from 'livekit-server-sdk';
import type { AgentConfig } from '../config.ts';

export type LiveKitAnswer = { type: 'answers' } | { type: 'refuses' } | { type: 'away'; why: string };

/** Never throws. */
export async function askLiveKit(
  { url, apiKey, apiSecret }: AgentConfig['livekit'],
  withinMs: number,
): Promise<LiveKitAnswer> {
  const client = new RoomServiceClient(url.replace(/^ws/, 'http'), apiKey, apiSecret, {
    requestTimeout: withinMs / 1_000,
  });
  try {
    await client.listRooms();
    return { type: 'answers' };
  } catch (error) {
    const isRefused = error instanceof Error && 'status' in error && error.status === 401;
    return isRefused ? { type: 'refuses' } : { type: 'away', why: whyOf(error) };
  }
}

/** `fetch` says only that it failed; its cause says why. */
function whyOf(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  if (cause instanceof AggregateError && cause.errors.length > 0) return whyOf(cause.errors[0]);
  return cause instanceof Error && cause.message !== '' ? cause.message : String(cause);
}
