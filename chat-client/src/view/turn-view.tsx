/** One question with its reply. Redrawn only when one of its properties changed, so a long conversation stays quick. */
import { Component } from 'preact';
import type { Turn } from '../logic/transcript.ts';
import { ReplyView } from './reply-view.tsx';
import { Moment } from './moment.tsx';

export interface TurnViewProps {
  turn: Turn;
  /** Who answers. */
  name: string;
  language: string | undefined;
  connected: boolean;
  /** Absent where asking again cannot help. */
  onAgain: (() => void) | undefined;
}

export class TurnView extends Component<TurnViewProps> {
  override shouldComponentUpdate(next: TurnViewProps): boolean {
    const { props } = this;
    return (
      next.turn !== props.turn ||
      next.name !== props.name ||
      next.language !== props.language ||
      next.connected !== props.connected ||
      next.onAgain !== props.onAgain
    );
  }

  override render({ turn, name, language, connected, onAgain }: TurnViewProps) {
    return (
      <li class="turn">
        <article class="message question" aria-label="You">
          <p class="bubble" dir="auto">
            {turn.question}
          </p>
          <footer class="meta">
            <Moment atMs={turn.askedAtMs} />
          </footer>
        </article>
        <ReplyView
          turnId={turn.id}
          reply={turn.reply}
          name={name}
          language={language}
          connected={connected}
          onAgain={onAgain}
        />
      </li>
    );
  }
}
