/**
 * A bar under the header with something that the reader should know or decide. The harmless choice
 * comes first.
 */
import type { ComponentChildren } from 'preact';

export interface NoticeBarProps {
  words: string;
  /** Buttons. */
  children: ComponentChildren;
}

export function NoticeBar({ words, children }: NoticeBarProps) {
  return (
    <div class="trouble notice-bar" role="alert">
      <div class="column trouble-row">
        <p>{words}</p>
        <div class="trouble-actions">{children}</div>
      </div>
    </div>
  );
}
