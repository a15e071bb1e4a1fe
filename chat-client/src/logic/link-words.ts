/** How the connection stands, in words. Knows no clock; whoever shows a countdown brings one. */
import { shortAddress } from './address.ts';
import type { Conversation } from './conversation.ts';

/** For the line that is always visible. */
export function linkWords({ link, address }: Conversation): string {
  switch (link.type) {
    case 'connecting':
      return link.again ? 'Connecting again…' : `Connecting to ${shortAddress(address)}…`;
    case 'connected':
      return ['Connected', link.backend, link.model].filter(Boolean).join(' · ');
    case 'lost':
      return link.before ? 'Connection lost' : 'No connection';
    case 'refused':
      return 'Connection refused';
  }
}

/** What went wrong; undefined while nothing did. */
export function troubleWords({ link, address }: Conversation): string | undefined {
  switch (link.type) {
    case 'connected':
      return undefined;
    case 'connecting':
      return link.again ? `Connecting to ${shortAddress(address)}…` : undefined;
    case 'lost':
      return link.before
        ? `No connection to ${shortAddress(address)}.`
        : `No server answers at ${shortAddress(address)}.`;
    case 'refused':
      return link.reason;
  }
}
