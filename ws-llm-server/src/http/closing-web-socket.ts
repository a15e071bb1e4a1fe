/**
 * A WebSocket that tells when it begins to close, whoever began: `ws` itself tells only when the other side has closed TCP too, which
 * a client may put off.
 */
import { WebSocket } from 'ws';

export class ClosingWebSocket extends WebSocket {
  /** Called each time that either side begins to close. Its user sets it. */
  onClosing: (() => void) | undefined;

  /** `ws` calls it for the other side's Close frame as well. */
  override close(code?: number, reason?: string | Buffer): void {
    super.close(code, reason);
    this.onClosing?.();
  }
}
