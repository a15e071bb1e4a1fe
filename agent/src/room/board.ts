/**
 * What whoever is in the room can read about the agent. State goes into the agent's attributes, which LiveKit also gives to those who come
 * later or come back; what happens once goes out as a text stream. docs/room.md tells both to whoever writes a page.
 */
import { setImmediate as afterThis } from 'node:timers/promises';
import { log } from '@livekit/agents';
import type { Room } from '@livekit/rtc-node';
import type { TurnReport } from '../turn-report.ts';
import type { Symptom } from './symptoms.ts';

/** What does not work right now. */
type Trouble = 'none' | 'hearing' | 'speaking' | 'thinking';

/** The agent's attributes, each as JSON under its name behind `ws-llm.`. */
export interface BoardState {
  persona: { name: string; title: string; language?: string };
  /** Identity of whom the agent listens to; null while it waits for somebody. */
  caller: string | null;
  symptoms: readonly Symptom[];
  trouble: Trouble;
}

/** Text streams, each one JSON object, on the topic of its name behind `ws-llm.`. */
export interface BoardEvents {
  turn: TurnReport;
  /** What a tool of the persona sent to its client. */
  persona_frame: { type: string; data: unknown };
}

export interface Board {
  show<Name extends keyof BoardState>(name: Name, value: BoardState[Name]): void;
  tell<Name extends keyof BoardEvents>(name: Name, event: BoardEvents[Name]): void;
}

export const boardPrefix = 'ws-llm.';

/** Nothing here is waited for, and nothing fails a conversation: a room that is gone reads nothing. */
export class RoomBoard implements Board {
  readonly #room: Room;
  /** Attributes are merged one write after the other. */
  #writing: Promise<unknown> = Promise.resolve();

  constructor(room: Room) {
    this.#room = room;
  }

  show<Name extends keyof BoardState>(name: Name, value: BoardState[Name]): void {
    this.#enqueue(() =>
      this.#room.localParticipant?.setAttributes({ [boardPrefix + name]: JSON.stringify(value) }),
    );
  }

  tell<Name extends keyof BoardEvents>(name: Name, event: BoardEvents[Name]): void {
    this.#enqueue(() =>
      this.#room.localParticipant?.sendText(JSON.stringify(event), { topic: boardPrefix + name }),
    );
  }

  #enqueue(write: () => Promise<unknown> | undefined): void {
    this.#writing = this.#writing
      // LiveKit tells of the caller's turn on its way from there to the answer's first sound, which goes first.
      .then(() => afterThis())
      .then(write)
      .catch((error: unknown) => {
        if (this.#room.isConnected) log().warn({ error }, 'the room could not be told');
      });
  }
}
