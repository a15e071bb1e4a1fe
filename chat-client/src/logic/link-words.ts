/** The state of the connection in words. Has no clock; its callers add the countdown. */
import { serverOf, shortAddress, type LinkRequest } from './address.ts';
import type { Conversation } from './conversation.ts';

/**
 * For the line that is always visible.
 * @param ownAddress the page's own server; any other one is named, so that the reader sees who
 * receives the words
 */
export function linkWords({ link, address }: Conversation, ownAddress: string): string {
  switch (link.type) {
    case 'connecting':
      return link.again ? 'Reconnecting…' : `Connecting to ${shortAddress(address)}…`;
    case 'connected': {
      const connected = address === ownAddress ? 'Connected' : `Connected to ${shortAddress(address)}`;
      return [connected, link.backend, link.model].filter(Boolean).join(' · ');
    }
    case 'lost':
      return link.before ? 'Connection lost' : 'Not connected';
    case 'refused':
      return 'Connection refused';
  }
}

/** What went wrong; undefined if nothing did. */
export function troubleWords({ link, address }: Conversation): string | undefined {
  switch (link.type) {
    case 'connected':
      return undefined;
    case 'connecting':
      return link.again ? `Connecting to ${shortAddress(address)}…` : undefined;
    case 'lost':
      return link.before
        ? `The connection to ${shortAddress(address)} was lost.`
        : `No server answers at ${shortAddress(address)}.`;
    case 'refused':
      return link.reason;
  }
}

/** What a link wants. */
export function linkRequestWords(request: LinkRequest, isEmpty: boolean): string {
  switch (request.type) {
    case 'question': {
      const sent = isEmpty ? 'What you write' : 'What you write, and this conversation,';
      return `This link wants to connect this page to ${serverOf(request.address)}. ${sent} will be sent there. Connect only if you trust that server.`;
    }
    case 'invalid':
      return `This link names a server, but “${request.text.slice(0, 100)}” is not the address of one. An address looks like this: wss://example.com`;
  }
}

/** Why the page left the server that was chosen in the settings; undefined if it did not. */
export function leftServerWords({ left }: Conversation): string | undefined {
  if (left === undefined) return undefined;
  const what = left.isRefusal ? 'refused the connection' : 'does not answer';
  return `${shortAddress(left.address)}, which you chose in Settings, ${what}. This page now uses its own server.`;
}
