/**
 * Owns one page in a browser: its console, its longest freeze, its answers, and pictures of it.
 * Knows nothing of the server.
 */
import type { Browser, BrowserContext, Page } from 'playwright-core';

/** Folder for screenshots, for a person who wants to look at the pages. Unset: no screenshots. */
const pictures = process.env['WS_LLM_PICTURES'];

export interface OpenedPage {
  page: Page;
  /** Errors of the console and exceptions, oldest first. */
  problems: readonly string[];
}

/** Opens an address in a profile of its own, in which nothing is stored yet. */
export async function openPage(browser: Browser, url: string): Promise<OpenedPage> {
  const context = await browser.newContext({ viewport: { width: 1000, height: 760 } });
  return openIn(context, url);
}

/** Opens another page in the same profile, which shares what the first one stored. */
export async function openIn(context: BrowserContext, url: string): Promise<OpenedPage> {
  const page = await context.newPage();
  const problems: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  page.on('pageerror', (error) => problems.push(String(error)));
  await page.goto(url);
  return { page, problems };
}

/** Asks a question and resolves when the reply has ended. */
export async function ask(page: Page, question: string): Promise<void> {
  const replies = page.locator('article.reply[aria-busy=false]');
  const before = await replies.count();
  await page.getByRole('textbox', { name: 'Message' }).fill(question);
  await page.keyboard.press('Enter');
  await replies.nth(before).waitFor({ timeout: 60_000 });
}

interface TraceEvent {
  name: string;
  pid: number;
  tid: number;
  args: { name?: string };
  /** Processor time in microseconds. */
  tdur?: number;
}

/**
 * Runs `act` and resolves with the longest time, in ms, for which the page's thread did one thing
 * and could not answer its reader. Counts processor time: a machine that has other work makes every
 * page slow.
 */
export async function longestTaskMs(browser: Browser, page: Page, act: () => Promise<void>): Promise<number> {
  await browser.startTracing(page, { categories: ['toplevel'] });
  await act();
  const trace = await browser.stopTracing();
  const { traceEvents } = JSON.parse(trace.toString('utf8')) as { traceEvents: TraceEvent[] };
  const threadOf = ({ pid, tid }: TraceEvent): string => `${pid}:${tid}`;
  const isPage = ({ name, args }: TraceEvent): boolean =>
    name === 'thread_name' && args.name === 'CrRendererMain';
  const pages = new Set(traceEvents.filter(isPage).map(threadOf));
  const tasks = traceEvents.filter((event) => event.tdur !== undefined && pages.has(threadOf(event)));
  if (tasks.length === 0) throw new Error('the trace has no task of the page');
  return Math.round(tasks.reduce((longest, { tdur = 0 }) => Math.max(longest, tdur), 0) / 1_000);
}

/** Screenshots in light and dark, wide and narrow. */
export async function picture(page: Page, name: string): Promise<void> {
  if (pictures === undefined) return;
  const viewport = page.viewportSize();
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    for (const size of [
      { width: 1000, height: 760 },
      { width: 380, height: 740 },
    ]) {
      await page.setViewportSize(size);
      await page.waitForTimeout(700);
      await page.screenshot({ path: `${pictures}/${name}-${colorScheme}-${size.width}.png` });
    }
  }
  await page.emulateMedia({ colorScheme: 'light' });
  if (viewport !== null) await page.setViewportSize(viewport);
}
