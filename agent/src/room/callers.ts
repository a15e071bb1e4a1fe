/**
 * Whom the agent listens to: one person at a time. When that one leaves, the next who is there, or comes, is listened to, in a conversation
 * of their own; who comes back under the same identity goes on where they were. LiveKit itself would end the session with the first caller.
 */
import type { voice } from '@livekit/agents';
import { ParticipantKind, RoomEvent, type RemoteParticipant, type Room } from '@livekit/rtc-node';

export interface CallersOptions {
  session: voice.AgentSession;
  room: Room;
  /** Undefined: nobody is left. */
  onListening: (identity: string | undefined) => void;
  /** Somebody else than before is listened to now; also told of the first. */
  onNewCaller: (identity: string) => void;
}

const people: readonly (ParticipantKind | undefined)[] = [
  undefined,
  ParticipantKind.STANDARD,
  ParticipantKind.SIP,
  ParticipantKind.CONNECTOR,
];

/** Call before the session starts: LiveKit links the first caller by itself. Listens as long as the room lives. */
export function followCallers({ session, room, onListening, onNewCaller }: CallersOptions): void {
  /** Whom the conversation is with, present or not. */
  let caller: string | undefined;
  let isPresent = false;

  const listenTo = ({ identity }: RemoteParticipant): void => {
    const isOther = caller !== identity;
    caller = identity;
    isPresent = true;
    link(session)?.setParticipant(identity);
    onListening(identity);
    if (isOther) onNewCaller(identity);
  };
  room.on(RoomEvent.ParticipantConnected, (participant) => {
    if (!isPresent && isPerson(participant)) listenTo(participant);
  });
  room.on(RoomEvent.ParticipantDisconnected, (participant) => {
    if (participant.identity !== caller) return;
    isPresent = false;
    session.interrupt();
    const next = [...room.remoteParticipants.values()].find(
      (other) => other.identity !== caller && isPerson(other),
    );
    if (next !== undefined) return listenTo(next);
    link(session)?.unsetParticipant();
    onListening(undefined);
  });
  const first = [...room.remoteParticipants.values()].find(isPerson);
  if (first !== undefined) listenTo(first);
}

/** Not part of LiveKit's public surface, and the only way to listen to somebody else without a new session. */
function link({ _roomIO: roomIO }: voice.AgentSession): voice.AgentSession['_roomIO'] {
  return roomIO;
}

function isPerson({ info }: RemoteParticipant): boolean {
  return people.includes(info.kind);
}
