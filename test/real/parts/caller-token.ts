/** Owns tokens with which callers come into the rooms of a LiveKit server. Knows nothing of what they do there. */
import { randomUUID } from 'node:crypto';
import { AccessToken, RoomAgentDispatch, RoomConfiguration } from 'livekit-server-sdk';
import type { RunningLiveKitServer } from './livekit-server.ts';

export interface CallerTokenOptions {
  /** Default: caller. */
  identity?: string;
  /** Default: one of the caller's own. */
  room?: string;
  /** Set: the agent of this name is called into the room. */
  agentName?: string;
}

export function callerToken(
  { key, secret }: RunningLiveKitServer,
  { identity = 'caller', room = `room-${randomUUID()}`, agentName }: CallerTokenOptions = {},
): Promise<string> {
  const token = new AccessToken(key, secret, { identity });
  token.addGrant({ roomJoin: true, room });
  if (agentName !== undefined) {
    token.roomConfig = new RoomConfiguration({ agents: [new RoomAgentDispatch({ agentName })] });
  }
  return token.toJwt();
}
