/** Why a server would not have us, and what a person can do about it. */
import type { ConnectionError } from '@ws-llm/client';
import { CloseCode } from '@ws-llm/protocol';

export function refusalReason(error: ConnectionError): string {
  switch (error.closeCode) {
    case CloseCode.unauthorized:
      return 'This server wants credentials, which this page cannot give.';
    case CloseCode.originRefused:
      return 'This server does not accept this page. Open the page that the server itself serves, or allow this origin there.';
    case CloseCode.noSuchPersona:
      return 'This server has no such persona. Check the address in the settings.';
    case CloseCode.subprotocolRefused:
      return 'This server speaks another version of the protocol.';
    case CloseCode.tooBig:
      return 'The last message was too big for this server, and it closed the connection.';
    default:
      return error.message.endsWith('.') ? error.message : `${error.message}.`;
  }
}
