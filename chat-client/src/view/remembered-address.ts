/**
 * Keeps in the browser the address chosen in the settings and the links agreed to. Storage throws
 * in sandboxed frames.
 */
import { parseAddress, type KnownAddresses } from '../logic/address.ts';

const serverKey = 'ws-llm.server';
const agreedKey = 'ws-llm.agreed';
/** The newest ones; a link that was agreed to long ago asks again. */
const keptAgreements = 50;

/**
 * Every page of the same origin can write there, so each address is checked as if a person had
 * typed it.
 */
export function knownAddresses(): KnownAddresses {
  try {
    return {
      remembered: parseAddress(window.localStorage.getItem(serverKey) ?? ''),
      agreed: readList(window.localStorage.getItem(agreedKey)),
    };
  } catch {
    return { remembered: undefined, agreed: [] };
  }
}

/** Undefined forgets it. */
export function rememberAddress(address: string | undefined): void {
  try {
    if (address === undefined) window.localStorage.removeItem(serverKey);
    else window.localStorage.setItem(serverKey, address);
  } catch {
    // The choice lasts until the page is closed.
  }
}

/** The reader has agreed that a link may connect the page to this address. */
export function rememberAgreement(address: string): void {
  try {
    const others = readList(window.localStorage.getItem(agreedKey)).filter((one) => one !== address);
    const kept = [...others, address].slice(-keptAgreements);
    window.localStorage.setItem(agreedKey, JSON.stringify(kept));
  } catch {
    // The link asks again next time.
  }
}

function readList(text: string | null): string[] {
  try {
    const list: unknown = JSON.parse(text ?? '[]');
    return Array.isArray(list) ? list.filter((one) => typeof one === 'string') : [];
  } catch {
    return [];
  }
}
