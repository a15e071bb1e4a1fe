/** What both sides say, as it is being said, and how long each answer took to begin. */
import type { Line } from '../logic/call.ts';
import { latencyDetails, latencyWords } from '../logic/words.ts';

export interface LinesProps {
  lines: readonly Line[];
  /** The agent's. */
  name: string;
  language: string | undefined;
}

export function Lines({ lines, name, language }: LinesProps) {
  if (lines.length === 0) return null;
  return (
    <ol class="turns voice-lines" aria-label="Conversation">
      {lines.map((line) => (
        <LineView key={line.id} line={line} name={name} language={language} />
      ))}
    </ol>
  );
}

function LineView({ line, name, language }: { line: Line; name: string; language: string | undefined }) {
  const { who, text, isFinal, latency, isInterrupted = false } = line;
  const notes = [latency && latencyWords(latency), isInterrupted && 'interrupted'].filter(Boolean);
  const isAgent = who === 'agent';
  return (
    <li class={isAgent ? 'message reply' : 'message question'} data-who={who} data-final={isFinal}>
      <span class="visually-hidden">{isAgent ? name : who === 'caller' ? 'You' : 'Another person'}: </span>
      <p class="bubble" lang={isAgent ? language : undefined} dir="auto">
        {text}
      </p>
      {notes.length > 0 && (
        <p class="latency" title={latency && latencyDetails(latency)}>
          {notes.join(' · ')}
          {latency !== undefined && <span class="visually-hidden">. {latencyDetails(latency)}</span>}
        </p>
      )}
    </li>
  );
}
