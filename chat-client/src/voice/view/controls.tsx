/** What one can do in a call: mute, interrupt, choose devices, hang up. The microphone's button moves with the caller's voice. */
import type { RefObject } from 'preact';
import { Icon } from '../../view/icon.tsx';
import type { Call } from '../logic/call.ts';
import type { RoomCall } from '../logic/room-call.ts';
import { microphoneButton } from '../logic/words.ts';
import { Devices } from './devices.tsx';

export interface ControlsProps {
  call: Call;
  room: RoomCall;
  /** Its `--level` follows the caller's voice. */
  level: RefObject<HTMLElement>;
}

export function Controls({ call, room, level }: ControlsProps) {
  const { microphone, agent, isSilenced, stage } = call;
  const { label, isOn, isDisabled } = microphoneButton(microphone);
  const isBusy = stage.type === 'live' && (agent === 'speaking' || agent === 'thinking');
  return (
    <div class="controls-row" role="group" aria-label="Call">
      {isSilenced && (
        <button type="button" class="button button-accent" onClick={() => void room.hear()}>
          Click to hear
        </button>
      )}
      <button
        type="button"
        class="call-button microphone"
        data-microphone={microphone.type}
        aria-label={label}
        title={label}
        disabled={isDisabled}
        onClick={() => void room.setMicrophone(!isOn)}
        ref={level as RefObject<HTMLButtonElement>}
      >
        <Icon name={isOn ? 'microphone' : 'muted'} />
        <span class="meter" aria-hidden="true">
          <span />
          <span />
          <span />
          <span />
          <span />
        </span>
      </button>
      <button
        type="button"
        class="call-button"
        aria-label="Interrupt the agent"
        title="Interrupt"
        disabled={!isBusy}
        onClick={() => void room.interrupt()}
      >
        <Icon name="hand" />
      </button>
      <Devices room={room} />
      <button
        type="button"
        class="call-button hang-up"
        aria-label="Hang up"
        title="Hang up"
        onClick={() => void room.leave()}
      >
        <Icon name="hangUp" />
      </button>
    </div>
  );
}
