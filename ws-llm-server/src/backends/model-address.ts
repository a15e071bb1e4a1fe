/** The address of a model server: builds the URL of each path, and what messages may show. Pure. */

export class ModelAddress {
  /** Origin and path without a trailing slash, for messages. A query may hold a key. */
  readonly shown: string;
  /** The values of the query, or names without a value: masked in every text. */
  readonly secrets: readonly string[];
  readonly #search: string;

  constructor(url: string) {
    const { origin, pathname, search, searchParams } = new URL(url);
    this.shown = `${origin}${pathname.replace(/\/+$/, '')}`;
    this.#search = search;
    this.secrets = [...searchParams].map(([name, value]) => (value === '' ? name : value));
  }

  /** `path` begins with a slash. The query of the address is appended. */
  at(path: string): URL {
    return new URL(`${this.shown}${path}${this.#search}`);
  }
}

/** The target of a redirect without its query. `from`: the base of a relative `location`. */
export function shownTarget(location: string, from: string): string {
  const base = `${from}/`;
  if (!URL.canParse(location, base)) return 'another address';
  const { protocol, host, pathname } = new URL(location, base);
  return `${protocol}//${host}${pathname}`.slice(0, 200);
}
