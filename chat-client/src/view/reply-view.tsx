/** A reply as it grows and as it ended: thinking, quiet lines, text, and what went wrong. */
import type { ReplyState, TurnReply } from '../logic/transcript.ts';
import { CopyButton } from './copy-button.tsx';
import { Icon } from './icon.tsx';
import { MarkdownView } from './markdown-view.tsx';
import { Moment } from './moment.tsx';

export interface ReplyViewProps {
  turnId: number;
  reply: TurnReply;
  name: string;
  language: string | undefined;
  connected: boolean;
  onAgain: (() => void) | undefined;
}

export function ReplyView({ turnId, reply, name, language, connected, onAgain }: ReplyViewProps) {
  const { text, reasoning, notes, state, endedAtMs } = reply;
  const open = state.type === 'waiting' || state.type === 'streaming';
  return (
    <article
      class="message reply"
      aria-label={name}
      aria-busy={open}
      data-state={state.type}
      data-turn={turnId}
    >
      {reasoning !== '' && <Thinking text={reasoning} active={open && text === ''} />}
      {notes.map((note, index) => (
        <p key={index} class="note">
          {note}
        </p>
      ))}
      {text !== '' && (
        <div class="bubble" lang={language}>
          <MarkdownView text={text} streaming={open} />
        </div>
      )}
      {open && text === '' && reasoning === '' && <Waiting name={name} connected={connected} />}
      <Ending state={state} empty={text === ''} onAgain={onAgain} />
      {endedAtMs !== undefined && text !== '' && (
        <footer class="meta">
          <CopyButton text={text} />
          <Moment atMs={endedAtMs} />
        </footer>
      )}
    </article>
  );
}

function Thinking({ text, active }: { text: string; active: boolean }) {
  return (
    <details class="thinking">
      <summary>
        <Icon name="chevron" />
        <span class={active ? 'thinking-active' : undefined}>{active ? 'Thinking…' : 'Thinking'}</span>
      </summary>
      <p class="thinking-text" dir="auto">
        {text.trim()}
      </p>
    </details>
  );
}

function Waiting({ name, connected }: { name: string; connected: boolean }) {
  if (!connected) return <p class="note">Will be sent once there is a connection.</p>;
  return (
    <div class="bubble dots">
      <span class="visually-hidden">{name} is about to answer</span>
      <span aria-hidden="true" />
      <span aria-hidden="true" />
      <span aria-hidden="true" />
    </div>
  );
}

function Ending({
  state,
  empty,
  onAgain,
}: {
  state: ReplyState;
  empty: boolean;
  onAgain: (() => void) | undefined;
}) {
  const words = endingWords(state, empty);
  if (words === undefined) return null;
  const serious = state.type === 'failed' || state.type === 'lost';
  return (
    <div class={serious ? 'ending serious' : 'ending'} role={serious ? 'alert' : undefined}>
      <div class="ending-words">
        {serious && <Icon name="alert" />}
        <p>{words}</p>
      </div>
      {onAgain !== undefined && (
        <button type="button" class="button" onClick={onAgain}>
          <Icon name="again" />
          Try again
        </button>
      )}
    </div>
  );
}

function endingWords(state: ReplyState, empty: boolean): string | undefined {
  switch (state.type) {
    case 'waiting':
    case 'streaming':
      return undefined;
    case 'stopped':
      return empty ? 'Stopped before it began.' : 'Stopped.';
    case 'failed':
      return state.message;
    case 'lost':
      return empty
        ? 'The connection was lost before an answer came.'
        : 'The connection was lost. This is what had come.';
    case 'complete':
      switch (state.finishReason) {
        case 'length':
          return 'Cut here: the answer reached its greatest length.';
        case 'content_filter':
          return 'Cut here by the model’s content filter.';
        case 'cancelled':
          return 'Cancelled by the server.';
        case 'stop':
        case 'tool_calls':
          return empty ? 'The answer was empty.' : undefined;
      }
  }
}
