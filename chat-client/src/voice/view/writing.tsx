/** Where one writes instead of speaking: what is written goes into the room, and is answered aloud. */
import type { RefObject } from 'preact';
import { Composer } from '../../view/composer.tsx';
import type { RoomCall } from '../logic/room-call.ts';

export interface WritingProps {
  field: RefObject<HTMLTextAreaElement>;
  name: string | undefined;
  room: RoomCall;
  onWritten: () => void;
}

export function Writing({ field, name, room, onWritten }: WritingProps) {
  return (
    <Composer
      field={field}
      name={name}
      busy={false}
      onAsk={(text) => {
        if (text.trim() === '') return 'empty';
        void room.write(text.trim());
        onWritten();
        return 'taken';
      }}
      onStop={() => void room.interrupt()}
    />
  );
}
