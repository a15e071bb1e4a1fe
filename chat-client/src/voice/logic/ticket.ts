/** Asks whoever served this page for what a call needs: who may answer, and a ticket into a room of one's own. Knows nothing of rooms. */

export interface Offer {
  /** Who answers unless somebody else is chosen. */
  persona: { name: string; title: string; greeting?: string; language?: string } | undefined;
  personas: readonly { name: string; title: string }[];
}

/** The way into one room, once. */
export interface Ticket {
  url: string;
  token: string;
}

/** For the reader: what went wrong and what to do. */
class TicketError extends Error {
  override readonly name = 'TicketError';
}

/** @throws TicketError */
export function fetchOffer(): Promise<Offer> {
  return ask<Offer>('offer');
}

/**
 * @param persona whom to talk with; undefined leaves it to the server
 * @throws TicketError
 */
export function fetchTicket(persona: string | undefined): Promise<Ticket> {
  return ask<Ticket>('ticket', { method: 'POST', body: JSON.stringify({ persona }) });
}

async function ask<Answer>(path: string, init: RequestInit = {}): Promise<Answer> {
  let response: Response;
  try {
    const headers = init.body === undefined ? {} : { 'content-type': 'application/json' };
    response = await fetch(path, { ...init, headers });
  } catch {
    throw new TicketError('The program that served this page does not answer. Start it with: npm run talk');
  }
  if (!response.ok) throw new TicketError(await response.text());
  return (await response.json()) as Answer;
}
