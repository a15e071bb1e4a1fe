/** The page's one call at a time, its state at most once per frame of the screen, and the levels of both voices, which are no state. */
import type { RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { isOngoing, newCall, reduceCall, type Call, type CallEvent } from '../logic/call.ts';
import { measureLevel } from '../logic/level.ts';
import { RoomCall } from '../logic/room-call.ts';
import { fetchTicket, type Chosen } from '../logic/ticket.ts';

export interface CallView {
  call: Call;
  /** Undefined before the first one. */
  room: RoomCall | undefined;
  /** A view reads the level from the custom property `--level` of these elements. */
  levels: { caller: RefObject<HTMLElement>; agent: RefObject<HTMLElement> };
  start: (persona: Chosen | undefined) => void;
}

export function useCall(): CallView {
  const [call, setCall] = useState(newCall);
  const latest = useRef(newCall);
  const planned = useRef(false);
  const [room, setRoom] = useState<RoomCall>();
  const levels = { caller: useRef<HTMLElement>(null), agent: useRef<HTMLElement>(null) };
  const meters = useRef<Partial<Record<'caller' | 'agent', () => void>>>({});

  const onEvent = (event: CallEvent): void => {
    latest.current = reduceCall(latest.current, event);
    if (planned.current) return;
    planned.current = true;
    requestAnimationFrame(() => {
      planned.current = false;
      setCall(latest.current);
    });
  };
  const start = (persona: Chosen | undefined): void => {
    if (isOngoing(latest.current.stage)) return;
    onEvent({ type: 'joining', persona });
    const next: RoomCall = new RoomCall({
      onEvent,
      onVoice: (whose, track) => {
        meters.current[whose]?.();
        delete meters.current[whose];
        if (track === undefined) return;
        const show = (level: number): void =>
          levels[whose].current?.style.setProperty('--level', level.toFixed(3));
        meters.current[whose] = measureLevel(track, show);
      },
    });
    setRoom(next);
    fetchTicket(persona?.name).then(
      (ticket) => next.join(ticket),
      (error: unknown) =>
        onEvent({ type: 'over', words: error instanceof Error ? error.message : String(error) }),
    );
  };
  useEffect(() => () => void room?.leave(), [room]);
  return { call, room, levels, start };
}
