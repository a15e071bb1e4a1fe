/**
 * Asks the program that served this page for what a call needs: the personas, and a ticket into a
 * new room. Knows nothing of rooms.
 */

export interface Offer {
  /** The persona that answers unless another one is chosen. */
  persona: { name: string; title: string; greeting?: string; language?: string } | undefined;
  personas: readonly { name: string; title: string }[];
}

/** A persona to call. */
export interface Chosen {
  name: string;
  title: string;
  language?: string;
}

/**
 * The persona of this name; without a name, and for one that is not offered any more, the default
 * one.
 */
export function chosenPersona(offer: Offer | undefined, name: string | undefined): Chosen | undefined {
  if (name === undefined || name === offer?.persona?.name) return offer?.persona;
  return offer?.personas.find((persona) => persona.name === name) ?? offer?.persona;
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
 * @param persona the name of the one to call; undefined leaves the choice to the server
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
