/**
 * What the agent tells the room, read with care: attributes and text streams come from whoever is in it. What cannot be read is no notice.
 * The agent's side of it is told in docs/room.md.
 */

export interface Symptom {
  name: string;
  choice_id: 'present' | 'absent' | 'unknown';
}

export type TurnReport =
  | { role: 'user'; transcriptionMs?: number; endOfTurnMs?: number }
  | {
      role: 'assistant';
      interrupted?: true;
      endToEndMs?: number;
      firstTokenMs?: number;
      firstAudioMs?: number;
    };

export type AgentNotice =
  | { type: 'persona'; persona: { title: string; language?: string } }
  | { type: 'caller'; isOther: boolean }
  | { type: 'trouble'; trouble: 'none' | 'hearing' | 'speaking' | 'thinking' }
  | { type: 'symptoms'; symptoms: readonly Symptom[] }
  | { type: 'turn'; turn: TurnReport };

export const noticePrefix = 'ws-llm.';

const troubles = ['none', 'hearing', 'speaking', 'thinking'] as const;
const choices = ['present', 'absent', 'unknown'] as const;

/** @param me the reader's own identity in the room */
export function readAttribute(name: string, text: string, me: string): AgentNotice | undefined {
  const value = parse(text);
  switch (name) {
    case 'ws-llm.persona': {
      const { title, language } = asObject(value);
      if (typeof title !== 'string') return undefined;
      return { type: 'persona', persona: { title, ...(typeof language === 'string' && { language }) } };
    }
    case 'ws-llm.caller':
      return { type: 'caller', isOther: typeof value === 'string' && value !== me };
    case 'ws-llm.trouble': {
      const trouble = troubles.find((known) => known === value);
      return trouble && { type: 'trouble', trouble };
    }
    case 'ws-llm.symptoms':
      return Array.isArray(value) ? { type: 'symptoms', symptoms: value.flatMap(readSymptom) } : undefined;
    default:
      return undefined;
  }
}

/** The text of a stream on the topic `ws-llm.turn`. */
export function readTurn(text: string): AgentNotice | undefined {
  const value = asObject(parse(text));
  const ms = (name: string): Record<string, number> =>
    typeof value[name] === 'number' ? { [name]: value[name] } : {};
  if (value['role'] === 'user') {
    return { type: 'turn', turn: { role: 'user', ...ms('transcriptionMs'), ...ms('endOfTurnMs') } };
  }
  if (value['role'] !== 'assistant') return undefined;
  const times = { ...ms('endToEndMs'), ...ms('firstTokenMs'), ...ms('firstAudioMs') };
  const interrupted = value['interrupted'] === true && ({ interrupted: true } as const);
  return { type: 'turn', turn: { role: 'assistant', ...interrupted, ...times } };
}

function readSymptom(value: unknown): Symptom[] {
  const { name, choice_id: id } = asObject(value);
  const choice = choices.find((known) => known === id);
  return typeof name === 'string' && choice !== undefined ? [{ name, choice_id: choice }] : [];
}

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
