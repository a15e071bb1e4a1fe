/** What a page may ask the agent to do: by LiveKit's remote calls, which answer. Only `ws-llm.interrupt`: stop speaking, and listen. */
import { log, type voice } from '@livekit/agents';
import type { Room } from '@livekit/rtc-node';
import { boardPrefix } from './board.ts';

/** Call when the room is connected. */
export function obeyRoom(session: voice.AgentSession, room: Room): void {
  room.localParticipant?.registerRpcMethod(`${boardPrefix}interrupt`, async () => {
    log().debug('interrupted by a page');
    session.interrupt();
    return '';
  });
}
