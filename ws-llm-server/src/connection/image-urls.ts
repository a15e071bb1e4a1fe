/**
 * Which image addresses a client may send. The model server fetches them, so an address may reach
 * what the client cannot, such as the model server's own network or files. Pure.
 */
import type { ErrorCode, Message } from '@ws-llm/protocol';
import type { Role } from '../access/role.ts';

/** Nothing is fetched for a guest. */
const forGuests: readonly string[] = ['data:'];

/** Default of what agents may send. */
export const defaultImageUrls: readonly string[] = ['data:', 'https:'];

export interface ImageRules {
  role: Role;
  /**
   * Prefixes for agents: schemes such as `https:`, or addresses such as `https://cdn.example.org/`.
   */
  imageUrls: readonly string[];
}

/** Names the first image that is not allowed; undefined if all are. Never repeats an address. */
export function imageRefusal(
  messages: readonly Message[],
  { role, imageUrls }: ImageRules,
): { code: ErrorCode; message: string } | undefined {
  const allowed = role === 'guest' ? forGuests : imageUrls;
  for (const [index, { content }] of messages.entries()) {
    if (!Array.isArray(content)) continue;
    const part = content.findIndex(
      (one) => one.type === 'image_url' && !isAllowed(one.image_url.url, allowed),
    );
    if (part < 0) continue;
    const where = `messages[${index}].content[${part}].image_url`;
    return role === 'guest'
      ? { code: 'unauthorized', message: `${where}: a guest sends images as data: addresses only` }
      : {
          code: 'bad_request',
          message: `${where}: expected an address that begins with ${oneOf(allowed)}; IMAGE_URLS of the server says which`,
        };
  }
  return undefined;
}

/**
 * Whether an operator can allow `prefix`: a scheme, or the beginning of an address with its host.
 */
export function isImagePrefix(prefix: string): boolean {
  if (isScheme(prefix)) return true;
  return URL.canParse(prefix) && new URL(prefix).host !== '' && new URL(prefix).username === '';
}

function isAllowed(url: string, prefixes: readonly string[]): boolean {
  // Without URL parsing: it may be megabytes long, and nothing is fetched.
  if (/^data:/i.test(url)) return prefixes.some((prefix) => prefix.toLowerCase() === 'data:');
  // URL parsers disagree about these characters.
  if (/[\s\p{Cc}\\]/u.test(url) || !URL.canParse(url)) return false;
  const { protocol, href, username, password } = new URL(url);
  if (username !== '' || password !== '') return false;
  return prefixes.some((prefix) =>
    isScheme(prefix) ? prefix.toLowerCase() === protocol : href.startsWith(new URL(prefix).href),
  );
}

function isScheme(prefix: string): boolean {
  return /^[a-z][a-z\d+.-]*:$/i.test(prefix);
}

function oneOf(prefixes: readonly string[]): string {
  return prefixes.length === 0 ? 'nothing: images are not allowed' : prefixes.join(' or ');
}
