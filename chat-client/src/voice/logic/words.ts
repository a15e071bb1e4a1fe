/** What the page says about a call, in sentences for the caller. Pure. */
import type { Call, Latency, Microphone } from './call.ts';

/** One or two words: how it stands. */
export function statusWords({ stage, agent }: Call): string {
  switch (stage.type) {
    case 'idle':
      return 'Ready to talk';
    case 'joining':
      return 'Joining';
    case 'over':
      return 'Call ended';
    case 'live':
      return stage.reconnecting ? 'Reconnecting' : agentWords(agent);
  }
}

function agentWords(agent: Call['agent']): string {
  switch (agent) {
    case 'awaited':
    case 'missing':
      return 'Calling';
    case 'preparing':
      return 'Getting ready';
    case 'listening':
      return 'Listening';
    case 'thinking':
      return 'Thinking';
    case 'speaking':
      return 'Speaking';
  }
}

/** What is in the way, and what to do; undefined while all is well. */
export function troubleWords({ stage, agent, trouble, microphone, isOverheard }: Call): string | undefined {
  if (stage.type !== 'live') return undefined;
  if (stage.reconnecting) return 'The connection to the room was lost. Trying again.';
  if (agent === 'missing') {
    return 'No agent has joined the call yet. It may be busy with other calls, or not running: check the terminal in which you started it.';
  }
  if (microphone.type === 'refused') return microphone.words;
  if (isOverheard)
    return 'Another participant of this room is talking with the agent. You hear the agent, and it does not hear you.';
  switch (trouble) {
    case 'none':
      return undefined;
    case 'hearing':
      return 'The agent cannot hear: its speech recognition does not answer.';
    case 'speaking':
      return 'The agent cannot speak: its voice service does not answer. It writes instead.';
    case 'thinking':
      return 'The agent cannot reach its persona server, and keeps trying.';
  }
}

export interface MicrophoneButton {
  /** What a click does; while a click does nothing, what the page waits for. */
  label: string;
  /** Whether the caller is heard. */
  isOn: boolean;
  isDisabled: boolean;
}

/** One answer for icon, label and click, so that they cannot disagree. */
export function microphoneButton(microphone: Microphone): MicrophoneButton {
  switch (microphone.type) {
    case 'off':
      return { label: 'The microphone is off', isOn: false, isDisabled: true };
    case 'asking':
      return { label: 'Waiting for the microphone', isOn: false, isDisabled: true };
    case 'on':
      return { label: 'Mute the microphone', isOn: true, isDisabled: false };
    case 'muted':
      return { label: 'Turn the microphone on', isOn: false, isDisabled: false };
    case 'refused':
      return { label: 'Try the microphone again', isOn: false, isDisabled: false };
  }
}

/** Why there is no microphone. Names as browsers give them. */
export function microphoneWords(error: unknown): string {
  const name = error instanceof Error ? error.name : '';
  switch (name) {
    case 'NotAllowedError':
    case 'SecurityError':
      return 'The browser does not let this page use the microphone. Allow it beside the address of the page, then click the microphone. Until then you can write.';
    case 'NotFoundError':
    case 'OverconstrainedError':
      return 'There is no microphone. Connect one, then click the microphone. Until then you can write.';
    case 'NotReadableError':
    case 'AbortError':
      return 'The microphone does not answer; another program may be using it. Close that one, then click the microphone. Until then you can write.';
    default:
      return 'The microphone does not work in this browser. You can write.';
  }
}

/** `Answered after 0.6 s` */
export function latencyWords({ totalMs }: Latency): string {
  return `Answered after ${(totalMs / 1_000).toFixed(1)} s`;
}

/** Where the time went. */
export function latencyDetails({ totalMs, transcriptionMs, firstTokenMs, firstAudioMs }: Latency): string {
  const parts = [
    transcriptionMs !== undefined && `understood after ${Math.round(transcriptionMs)} ms`,
    firstTokenMs !== undefined && `model's first word ${Math.round(firstTokenMs)} ms`,
    firstAudioMs !== undefined && `first sound of it ${Math.round(firstAudioMs)} ms`,
  ].filter((part) => part !== false);
  return `Answered after ${Math.round(totalMs)} ms${parts.length > 0 ? `: ${parts.join(', ')}` : ''}`;
}
