/**
 * Everything that the voice page shows of a call, as one value, and how each event changes it. Pure: no clock, no room, no DOM.
 * Lines stand in the order in which they began.
 */
import type { AgentNotice, Symptom, TurnReport } from './notices.ts';

export type Stage =
  | { type: 'idle' }
  | { type: 'joining' }
  | { type: 'live'; reconnecting: boolean }
  /** `words`: why, for the reader; none where they ended it themselves. */
  | { type: 'over'; words?: string };

/** `awaited`: not there yet; `missing`: not there for longer than anybody expects. */
export type AgentState = 'awaited' | 'missing' | 'preparing' | 'listening' | 'thinking' | 'speaking';

export type Microphone =
  | { type: 'off' }
  | { type: 'asking' }
  | { type: 'on' }
  | { type: 'muted' }
  /** `words`: what is wrong, and what to do. */
  | { type: 'refused'; words: string };

/** How long a turn took, in milliseconds; what LiveKit could not measure is not there. */
export interface Latency {
  /** From the end of speech to the first sound of the answer; in writing, to its first sound or text. */
  totalMs: number;
  transcriptionMs?: number;
  firstTokenMs?: number;
  firstAudioMs?: number;
}

export interface Line {
  id: string;
  who: 'caller' | 'agent' | 'other' | 'note';
  text: string;
  isFinal: boolean;
  latency?: Latency;
  /** The caller spoke over it: what stands there is what was heard. */
  isInterrupted?: true;
}

/** A line as it is heard; what is measured of it comes later. */
type SpokenLine = Omit<Line, 'latency' | 'isInterrupted'>;

interface CallPersona {
  title: string;
  language?: string;
}

export interface Call {
  stage: Stage;
  agent: AgentState;
  /** The persona that was chosen for the call, until the agent says which one answers. */
  persona: CallPersona | undefined;
  /** Somebody else in the room has the agent's ear. */
  isOverheard: boolean;
  trouble: 'none' | 'hearing' | 'speaking' | 'thinking';
  symptoms: readonly Symptom[];
  microphone: Microphone;
  /** The browser plays nothing until somebody clicks. */
  isSilenced: boolean;
  lines: readonly Line[];
  /** What LiveKit measured of the caller's latest turn: it belongs to the answer that follows. */
  callerTurn: Extract<TurnReport, { role: 'user' }> | undefined;
}

export type CallEvent =
  /** `persona`: the chosen one, if it is known. */
  | { type: 'joining'; persona: CallPersona | undefined }
  | { type: 'joined' }
  | { type: 'reconnecting' }
  | { type: 'reconnected' }
  | { type: 'over'; words?: string }
  | { type: 'agent'; state: AgentState }
  | { type: 'microphone'; microphone: Microphone }
  | { type: 'silenced'; isSilenced: boolean }
  | { type: 'notice'; notice: AgentNotice }
  | { type: 'line'; line: SpokenLine };

export const newCall: Call = {
  stage: { type: 'idle' },
  agent: 'awaited',
  persona: undefined,
  isOverheard: false,
  trouble: 'none',
  symptoms: [],
  microphone: { type: 'off' },
  isSilenced: false,
  lines: [],
  callerTurn: undefined,
};

export function isOngoing({ type }: Stage): boolean {
  return type === 'joining' || type === 'live';
}

export function reduceCall(call: Call, event: CallEvent): Call {
  switch (event.type) {
    case 'joining':
      return { ...newCall, persona: event.persona, stage: { type: 'joining' } };
    case 'joined':
      return call.stage.type === 'joining' ? { ...call, stage: { type: 'live', reconnecting: false } } : call;
    case 'reconnecting':
      return call.stage.type === 'live' ? { ...call, stage: { type: 'live', reconnecting: true } } : call;
    case 'reconnected':
      return call.stage.type === 'live' ? { ...call, stage: { type: 'live', reconnecting: false } } : call;
    case 'over': {
      // A caller who hung up needs no other reason, and the first reason is the true one.
      if (call.stage.type === 'over') return call;
      const isDeaf = event.words !== undefined && call.trouble === 'hearing';
      const words = isDeaf
        ? 'The agent could not hear you and has left: its speech recognition does not answer.'
        : event.words;
      return {
        ...call,
        stage: { type: 'over', ...(words !== undefined && { words }) },
        microphone: { type: 'off' },
      };
    }
    case 'agent':
      // It came, so its absence is over; that it is late is news only before that.
      if (event.state === 'missing' && call.agent !== 'awaited') return call;
      return { ...call, agent: event.state };
    case 'microphone':
      // The reader may hang up while the browser still asks for the microphone.
      return isOngoing(call.stage) ? { ...call, microphone: event.microphone } : call;
    case 'silenced':
      return { ...call, isSilenced: event.isSilenced };
    case 'notice':
      return withNotice(call, event.notice);
    case 'line':
      return { ...call, lines: withLine(call.lines, event.line) };
  }
}

function withLine(lines: readonly Line[], line: SpokenLine): readonly Line[] {
  const known = lines.findIndex(({ id }) => id === line.id);
  if (known === -1) return line.text.trim() === '' ? lines : [...lines, line];
  // The last word on a line may be an empty one that only says "final".
  const text = line.text === '' ? lines[known]!.text : line.text;
  return lines.with(known, { ...lines[known]!, ...line, text });
}

function withNotice(call: Call, notice: AgentNotice): Call {
  switch (notice.type) {
    case 'persona':
      return { ...call, persona: notice.persona };
    case 'caller':
      return { ...call, isOverheard: notice.isOther };
    case 'trouble':
      return { ...call, trouble: notice.trouble };
    case 'symptoms':
      return { ...call, symptoms: notice.symptoms };
    case 'turn':
      return withTurn(call, notice.turn);
  }
}

function withTurn(call: Call, turn: TurnReport): Call {
  if (turn.role === 'user') return { ...call, callerTurn: turn };
  const index = call.lines.findLastIndex(({ who }) => who === 'agent');
  const line = call.lines[index];
  if (line === undefined || line.latency !== undefined) return call;
  const latency = latencyOf(turn, call.callerTurn);
  const measured: Line = {
    ...line,
    ...(latency !== undefined && { latency }),
    ...(turn.interrupted === true && { isInterrupted: true }),
  };
  const lines = call.lines.with(index, measured);
  return { ...call, ...(latency !== undefined && { callerTurn: undefined }), lines };
}

function latencyOf(
  { endToEndMs, firstTokenMs, firstAudioMs }: Extract<TurnReport, { role: 'assistant' }>,
  asked: Call['callerTurn'],
): Latency | undefined {
  // What was written has no end of speech to count from.
  const totalMs = endToEndMs ?? (firstTokenMs === undefined ? undefined : firstTokenMs + (firstAudioMs ?? 0));
  if (totalMs === undefined) return undefined;
  const { transcriptionMs } = asked ?? {};
  return {
    totalMs,
    ...(endToEndMs !== undefined && transcriptionMs !== undefined && { transcriptionMs }),
    ...(firstTokenMs !== undefined && { firstTokenMs }),
    ...(firstAudioMs !== undefined && { firstAudioMs }),
  };
}
