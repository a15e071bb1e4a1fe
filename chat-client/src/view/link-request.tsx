/**
 * Asks whether the page may follow a link to another server. Takes no focus, so no key press can
 * agree by mistake.
 */
import { shortAddress, type LinkRequest } from '../logic/address.ts';
import { linkRequestWords } from '../logic/link-words.ts';
import { NoticeBar } from './notice-bar.tsx';

export interface LinkRequestBarProps {
  request: LinkRequest;
  /** There is no conversation yet that would go along. */
  empty: boolean;
  onAgree: (address: string) => void;
  onDismiss: () => void;
}

export function LinkRequestBar({ request, empty, onAgree, onDismiss }: LinkRequestBarProps) {
  return (
    <NoticeBar words={linkRequestWords(request, empty)}>
      <button type="button" class="button" onClick={onDismiss}>
        {request.type === 'question' ? 'Do not connect' : 'Close'}
      </button>
      {request.type === 'question' && (
        <button type="button" class="button" title={request.address} onClick={() => onAgree(request.address)}>
          Connect to {shortAddress(new URL(request.address).origin)}
        </button>
      )}
    </NoticeBar>
  );
}
