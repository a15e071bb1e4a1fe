/** The address that was chosen in the settings, kept where the browser allows it: storage throws in sandboxed frames. */

const key = 'ws-llm.server';

export function rememberedAddress(): string | undefined {
  try {
    return window.localStorage.getItem(key) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Undefined forgets it. */
export function rememberAddress(address: string | undefined): void {
  try {
    if (address === undefined) window.localStorage.removeItem(key);
    else window.localStorage.setItem(key, address);
  } catch {
    // It holds until the page is closed.
  }
}
