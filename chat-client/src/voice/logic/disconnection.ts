/** Why LiveKit ended a call, as the words that the caller reads. No words: the caller ended it. */
import { DisconnectReason } from 'livekit-client';

export function disconnection(reason: DisconnectReason | undefined): { words?: string } {
  switch (reason) {
    case DisconnectReason.CLIENT_INITIATED:
      return {};
    case DisconnectReason.ROOM_DELETED:
    case DisconnectReason.ROOM_CLOSED:
      return { words: 'The agent has ended the call.' };
    case DisconnectReason.DUPLICATE_IDENTITY:
      return { words: 'This call was taken over in another window.' };
    case DisconnectReason.SERVER_SHUTDOWN:
      return { words: 'The LiveKit server has stopped.' };
    default:
      return { words: 'The connection to the room was lost, and did not come back.' };
  }
}
