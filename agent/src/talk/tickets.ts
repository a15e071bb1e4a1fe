/** Tickets into rooms: each a room of its own, into which the agent of this name is called, as the persona that was asked for. */
import { randomBytes } from 'node:crypto';
import { AccessToken, RoomAgentDispatch, RoomConfiguration } from 'livekit-server-sdk';
import type { AgentConfig } from '../config.ts';

/** Long enough to join; a call may last longer. */
const validForSeconds = 120;
/** Seconds in which whoever lost the connection may come back. */
const departureTimeout = 20;

export interface Ticket {
  url: string;
  token: string;
}

export async function writeTicket(
  { url, apiKey, apiSecret }: AgentConfig['livekit'],
  agentName: string,
  persona: string | undefined,
): Promise<Ticket> {
  const id = randomBytes(6).toString('hex');
  const token = new AccessToken(apiKey, apiSecret, {
    identity: `caller-${id}`,
    name: 'Caller',
    ttl: validForSeconds,
  });
  token.addGrant({
    roomJoin: true,
    room: `talk-${id}`,
    canPublish: true,
    canSubscribe: true,
    canPublishData: true,
  });
  const metadata = persona === undefined ? '' : JSON.stringify({ persona });
  token.roomConfig = new RoomConfiguration({
    agents: [new RoomAgentDispatch({ agentName, metadata })],
    emptyTimeout: departureTimeout,
    departureTimeout,
  });
  return { url, token: await token.toJwt() };
}
