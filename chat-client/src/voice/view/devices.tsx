/**
 * The choice of microphone and loudspeaker. Lists them anew whenever it is opened, for devices are
 * plugged in.
 */
import { useState } from 'preact/hooks';
import { Icon } from '../../view/icon.tsx';
import type { RoomCall } from '../logic/room-call.ts';

const kinds = [
  { kind: 'audioinput', label: 'Microphone' },
  { kind: 'audiooutput', label: 'Loudspeaker' },
] as const;
type Kind = (typeof kinds)[number]['kind'];

interface Choices {
  devices: readonly MediaDeviceInfo[];
  active: string | undefined;
}

export function Devices({ room }: { room: RoomCall }) {
  const [choices, setChoices] = useState<Partial<Record<Kind, Choices>>>({});
  const [problem, setProblem] = useState<string>();

  const list = async (): Promise<void> => {
    setProblem(undefined);
    for (const { kind } of kinds) {
      const devices = await room.devices(kind);
      setChoices((before) => ({ ...before, [kind]: { devices, active: room.activeDevice(kind) } }));
    }
  };
  const choose = async (kind: Kind, id: string): Promise<void> => {
    try {
      await room.chooseDevice(kind, id);
    } catch {
      setProblem('This device cannot be used.');
    }
    await list();
  };
  return (
    <>
      <button
        type="button"
        class="call-button"
        aria-label="Microphone and loudspeaker"
        title="Devices"
        popovertarget="devices"
      >
        <Icon name="settings" />
      </button>
      <div
        id="devices"
        class="popover devices"
        popover="auto"
        role="dialog"
        aria-label="Microphone and loudspeaker"
        onBeforeToggle={(event) => {
          if (event instanceof ToggleEvent && event.newState === 'open') void list();
        }}
      >
        {kinds.map(({ kind, label }) => (
          <label key={kind} class="device">
            <span class="field-label">{label}</span>
            <DeviceChoice choices={choices[kind]} onChoice={(id) => void choose(kind, id)} />
          </label>
        ))}
        {problem !== undefined && (
          <p class="popover-text wrong" role="alert">
            {problem}
          </p>
        )}
      </div>
    </>
  );
}

function DeviceChoice({
  choices,
  onChoice,
}: {
  choices: Choices | undefined;
  onChoice: (id: string) => void;
}) {
  const devices = choices?.devices.filter(({ deviceId }) => deviceId !== '') ?? [];
  if (devices.length === 0) return <p class="popover-text">The browser's own choice</p>;
  return (
    <select class="field device-field" onChange={(event) => onChoice(event.currentTarget.value)}>
      {devices.map(({ deviceId, label }) => (
        <option key={deviceId} value={deviceId} selected={deviceId === (choices?.active ?? 'default')}>
          {label === '' ? 'Without a name' : label}
        </option>
      ))}
    </select>
  );
}
