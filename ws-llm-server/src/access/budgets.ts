/**
 * What all clients together may hold: sockets, open requests, and bytes of input, of output and of memory.
 * Agents and guests have separate shares, so that neither can use up the other's; among guests each
 * address has a share of its own. Counts only: what happens on a refusal is the caller's decision.
 */
import type { SharedLimits } from '@ws-llm/protocol';
import type { Role } from './role.ts';

export type Resource = keyof SharedLimits;

export interface BudgetOptions {
  /** Of the whole process. */
  server: SharedLimits;
  /** What part of it guests have, all together; agents have the rest. Default 1/4. */
  guestShare?: number;
  /** What part of the guests' share one address has. Default 1/8. */
  addressShare?: number;
}

/** The bounds that apply to a client, as `ready.limits.shared` reports them. */
export interface ReportedShares {
  server: SharedLimits;
  role: SharedLimits;
  address?: SharedLimits;
}

/**
 * Past this part of a bound, only those who hold less than an equal part of the rest may take more. A few
 * greedy clients can therefore never keep a modest one out.
 */
const freePart = 3 / 4;
/** What can be left out is done while no more than this part of a bound is used. */
const sparePart = 1 / 2;
/** So much each may hold however many share the rest. */
const leastShare: SharedLimits = {
  connections: 1,
  requests: 1,
  input_bytes: 16 * 1024,
  output_bytes: 16 * 1024,
  kept_bytes: 16 * 1024,
};

export class Budgets {
  readonly #server: SharedLimits;
  readonly #roles: Record<Role, Account>;
  readonly #addresses = new Map<string, Account>();
  readonly #addressLimits: SharedLimits;

  constructor({ server, guestShare = 1 / 4, addressShare = 1 / 8 }: BudgetOptions) {
    const guests = partOf(server, guestShare);
    this.#server = server;
    this.#roles = {
      agent: new Account(partOf(server, 1 - guestShare)),
      guest: new Account(guests),
    };
    this.#addressLimits = partOf(guests, addressShare);
  }

  /** The bounds for clients of that role. */
  reported(role: Role): ReportedShares {
    const shares = { server: this.#server, role: this.#roles[role].limits };
    return role === 'guest' ? { ...shares, address: this.#addressLimits } : shares;
  }

  /** Opens an account for one client, or undefined where no connection is left for it. */
  connect(role: Role, address: string): Holding | undefined {
    const holding = this.hold(role, address);
    if (holding.take('connections', 1)) return holding;
    holding.release();
    return undefined;
  }

  /** An account that needs no connection, such as the store of named threads. */
  hold(role: Role, address = ''): Holding {
    const accounts = [this.#roles[role]];
    if (role === 'agent') return new Holding(accounts, () => undefined);
    const key = networkOf(address);
    const own = this.#addresses.get(key) ?? new Account(this.#addressLimits);
    this.#addresses.set(key, own);
    own.holdings += 1;
    return new Holding([...accounts, own], () => {
      own.holdings -= 1;
      if (own.holdings === 0) this.#addresses.delete(key);
    });
  }
}

/** What one client holds, in every account that it belongs to. */
export class Holding {
  readonly #accounts: readonly Account[];
  readonly #onRelease: () => void;
  readonly #held: SharedLimits = { ...nothing };
  #isReleased = false;

  constructor(accounts: readonly Account[], onRelease: () => void) {
    this.#accounts = accounts;
    this.#onRelease = onRelease;
  }

  /** Takes `amount` more, or nothing and returns false. */
  take(resource: Resource, amount: number): boolean {
    const held = this.#held[resource];
    if (this.#isReleased || this.#accounts.some((account) => !account.allows(resource, held, amount)))
      return false;
    this.#add(resource, amount);
    return true;
  }

  /** As `take`, for what can be left out: only while half of every bound is free. */
  takeSpare(resource: Resource, amount: number): boolean {
    if (this.#accounts.some((account) => !account.hasSpare(resource, amount))) return false;
    return this.take(resource, amount);
  }

  give(resource: Resource, amount: number): void {
    if (!this.#isReleased) this.#add(resource, -Math.min(amount, this.#held[resource]));
  }

  /** Gives everything back; nothing can be taken afterwards. */
  release(): void {
    if (this.#isReleased) return;
    for (const resource of resources) this.give(resource, this.#held[resource]);
    this.#isReleased = true;
    this.#onRelease();
  }

  #add(resource: Resource, amount: number): void {
    const before = this.#held[resource];
    this.#held[resource] = before + amount;
    for (const account of this.#accounts) account.add(resource, before, amount);
  }
}

/** One bound and what is used of it. */
class Account {
  readonly limits: SharedLimits;
  holdings = 0;
  readonly #used: SharedLimits = { ...nothing };
  readonly #holders: SharedLimits = { ...nothing };

  constructor(limits: SharedLimits) {
    this.limits = limits;
  }

  /** Whether someone who holds `held` may take `amount` more. */
  allows(resource: Resource, held: number, amount: number): boolean {
    const limit = this.limits[resource];
    const used = this.#used[resource] + amount;
    if (used > limit) return false;
    if (used <= limit * freePart) return true;
    const others = this.#holders[resource] + (held === 0 ? 1 : 0);
    const share = Math.max(leastShare[resource], (limit * (1 - freePart)) / others);
    return held + amount <= share;
  }

  hasSpare(resource: Resource, amount: number): boolean {
    return this.#used[resource] + amount <= this.limits[resource] * sparePart;
  }

  add(resource: Resource, held: number, amount: number): void {
    this.#used[resource] += amount;
    if (held === 0 && amount > 0) this.#holders[resource] += 1;
    if (held > 0 && held + amount === 0) this.#holders[resource] -= 1;
  }
}

const nothing: SharedLimits = {
  connections: 0,
  requests: 0,
  input_bytes: 0,
  output_bytes: 0,
  kept_bytes: 0,
};
const resources = Object.keys(nothing) as readonly Resource[];

function partOf(limits: SharedLimits, part: number): SharedLimits {
  const parts = { ...limits };
  for (const resource of resources) parts[resource] = Math.max(1, Math.floor(limits[resource] * part));
  return parts;
}

/** An IPv6 client usually has a whole /64, so that counts as one address; so do IPv4 and its mapped form. */
function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined || !address.includes(':')) return mapped ?? address;
  const [head = '', tail] = (address.split('%')[0] ?? '').split('::');
  const start = head.split(':').filter((group) => group !== '');
  const end = (tail ?? '').split(':').filter((group) => group !== '');
  const zeros = Array.from({ length: Math.max(0, 8 - start.length - end.length) }, () => '0');
  return [...start, ...(tail === undefined ? [] : zeros), ...end].slice(0, 4).join(':').toLowerCase();
}
