/**
 * In a real browser the chat page connects where the reader wants, keeps what the reader wants
 * kept, and shows replies as written.
 */
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { saying } from '../stand-ins/model/behaviour.ts';
import { FakeModel } from '../stand-ins/model/fake-model.ts';
import { fakeModelBackend, noBackend } from './parts/backend-environment.ts';
import { openBrowser } from './parts/browser.ts';
import { ask, openIn, openPage, picture } from './parts/opened-page.ts';
import { type OurServer, startOurServer } from './parts/our-server.ts';

/** Nothing listens there. */
const deadAddress = 'ws://127.0.0.1:9/';

let browser: Browser;
let model: FakeModel;
let server: OurServer;
/** Another program on this machine, as a link of a stranger names one. */
let other: OurServer;

beforeAll(async () => {
  model = await FakeModel.start();
  const allowed = { ALLOWED_ORIGINS: 'http://localhost:1' };
  server = await startOurServer({ ...fakeModelBackend(model), ...allowed });
  const origin = new URL(server.pageUrl).origin;
  other = await startOurServer({ ...noBackend, LLM_BACKEND: 'demo', ALLOWED_ORIGINS: origin });
  browser = await openBrowser();
});
afterAll(async () => {
  await browser?.close();
  await Promise.all([server?.stop(), other?.stop(), model?.close()]);
});

const status = (page: Page) => page.getByRole('status').first();
const connected = (page: Page) => page.locator('[data-link=connected]').waitFor();

async function open(query = ''): Promise<Page> {
  const { page, problems } = await openPage(browser, server.pageUrl + query);
  onTestFinished(async () => {
    await page.context().close();
    // A policy that stands in the page's own way says so here.
    expect(problems.filter((text) => /policy/i.test(text))).toEqual([]);
  });
  return page;
}

test('a page of another site cannot show the chat page in a frame', async () => {
  const html = `<!doctype html><iframe src="${server.pageUrl}"></iframe>`;
  const site = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end(html);
  }).listen(0, '127.0.0.1');
  await once(site, 'listening');
  onTestFinished(() => void site.close());
  const { port } = site.address() as AddressInfo;
  const { page, problems } = await openPage(browser, `http://127.0.0.1:${port}/`);
  onTestFinished(() => page.context().close());
  await expect.poll(() => problems.join('\n')).toMatch(/frame-ancestors|Refused to display|Framing/);
  const [, frame] = page.frames();
  expect(await frame?.locator('textarea').count()).toBe(0);
});

test('a link that names another server asks first, and the page stays with its own until the reader agrees', async () => {
  const page = await open(`?server=${other.url}`);
  const question = page.getByRole('alert').filter({ hasText: 'This link wants to connect this page to' });
  await question.waitFor();
  await connected(page);
  expect(await question.innerText()).toContain(new URL(other.url).origin);
  expect(await status(page).innerText()).toContain('openai');
  await picture(page, 'consent');
  const agree = page.getByRole('button', { name: /^Connect to/ });
  await agree.click();
  await expect.poll(() => status(page).innerText()).toMatch(/127\.0\.0\.1:\d+.*demo/);
  expect(await question.count()).toBe(0);

  // Agreed to this address, and to no other one.
  const again = await openIn(page.context(), `${server.pageUrl}?server=${other.url}`);
  await expect.poll(() => status(again.page).innerText()).toContain('demo');
  const elsewhere = await openIn(page.context(), `${server.pageUrl}?server=${other.url}another`);
  await elsewhere.page.getByRole('button', { name: /^Connect to/ }).waitFor();
  const plain = await openIn(page.context(), server.pageUrl);
  await expect.poll(() => status(plain.page).innerText()).toContain('openai');
});

test('a reader who does not agree stays, and the server of the link hears nothing', async () => {
  let asked = 0;
  const stranger = createServer().on('upgrade', (_request, socket) => {
    asked += 1;
    socket.destroy();
  });
  stranger.listen(0, '127.0.0.1');
  await once(stranger, 'listening');
  onTestFinished(() => void stranger.close());
  const { port } = stranger.address() as AddressInfo;
  for (const address of [`ws://127.0.0.1:${port}/`, `http:127.0.0.1:${port}`, `//127.0.0.1:${port}/`]) {
    const page = await open(`?server=${encodeURIComponent(address)}`);
    await connected(page);
    const decline = page.getByRole('button', { name: 'Do not connect' });
    if ((await decline.count()) > 0) await decline.click();
    expect(await page.getByRole('button', { name: /^Connect to/ }).count()).toBe(0);
    expect(await status(page).innerText()).toContain('openai');
  }
  expect(asked).toBe(0);
});

test('a page opened from disk works, and asks before it leaves this machine', async () => {
  const file = new URL('../../chat-client/chat-client.html', import.meta.url);
  const local = await openPage(browser, `${file.href}?server=${server.url}`);
  onTestFinished(() => local.page.context().close());
  await connected(local.page);
  expect(await local.page.getByRole('button', { name: /^Connect to/ }).count()).toBe(0);
  model.script.push(saying('From disk.'));
  await ask(local.page, 'Hello');
  await local.page.locator('.markdown', { hasText: 'From disk.' }).waitFor();
  const away = await openIn(
    local.page.context(),
    `${file.href}?server=wss://evil.example/${fileURLToPath(file)}`,
  );
  await away.page.getByText('This link wants to connect this page to wss://evil.example.').waitFor();
  await picture(away.page, 'consent-disk');
});

test('a remembered server that does not answer is left for the one that served the page, which is said', async () => {
  const page = await open();
  await page.evaluate((address) => localStorage.setItem('ws-llm.server', address), deadAddress);
  await page.reload();
  await connected(page);
  expect(await status(page).innerText()).toContain('openai');
  await page.getByText(/127\.0\.0\.1:9.* does not answer/).waitFor();
  await picture(page, 'dead-address');
  await page.getByRole('button', { name: 'Forget it' }).click();
  expect(await page.evaluate(() => localStorage.getItem('ws-llm.server'))).toBeNull();
});

test('Enter in the settings connects, and the settings stay closed', async () => {
  const page = await open();
  await connected(page);
  const settings = page.getByRole('dialog', { name: 'Settings' });
  await page.getByRole('button', { name: 'Settings' }).click();
  await settings.waitFor();
  await picture(page, 'settings');
  await page.getByRole('textbox', { name: 'Server address' }).fill(other.url);
  await page.keyboard.press('Enter');
  await expect.poll(() => status(page).innerText()).toContain('demo');
  expect(await settings.isVisible()).toBe(false);
  // The second click closes what the first one opened.
  await page.getByRole('button', { name: 'Settings' }).click();
  await settings.waitFor();
  await page.getByRole('button', { name: 'Settings' }).click();
  await expect.poll(() => settings.isVisible()).toBe(false);
});

test('Enter, twice or held, does not destroy the conversation', async () => {
  const page = await open();
  await connected(page);
  model.script.push(saying('An answer.'));
  await ask(page, 'A question');
  const question = page.getByRole('alertdialog');
  const startOver = page.getByRole('button', { name: 'Start over' });
  await startOver.focus();
  await page.keyboard.press('Enter');
  await question.waitFor();
  await picture(page, 'start-over');
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Keep it');
  await page.keyboard.press('Enter');
  await question.waitFor({ state: 'hidden' });
  await startOver.focus();
  for (let repeat = 0; repeat < 5; repeat += 1) await page.keyboard.down('Enter');
  await page.keyboard.up('Enter');
  expect(await page.getByText('A question').count()).toBe(1);
  expect(await question.isVisible()).toBe(true);
  await page.getByRole('button', { name: 'Delete it' }).click();
  await expect.poll(() => page.getByText('A question').count()).toBe(0);
});

test('a wide table keeps its words whole, and scrolls by itself', async () => {
  const page = await open();
  await page.setViewportSize({ width: 380, height: 740 });
  const head = ['Medicine', 'Dose', 'Frequency', 'Contraindications', 'Interactions', 'Remarks'];
  const row = [
    'Paracetamol',
    '500 mg',
    'every six hours',
    'liver insufficiency',
    'anticoagulants',
    'with water',
  ];
  const line = (cells: string[]): string => `| ${cells.join(' | ')} |`;
  model.script.push(saying([line(head), line(head.map(() => '---')), line(row), line(row)].join('\n')));
  await ask(page, 'Show a table');
  const broken = await page.locator('td, th').evaluateAll((cells) =>
    cells.flatMap((cell) => {
      // A word on more than one line has more than one rectangle.
      const text = cell.firstChild as Text;
      return [...text.data.matchAll(/\S+/g)].filter(({ 0: word, index }) => {
        const range = document.createRange();
        range.setStart(text, index);
        range.setEnd(text, index + word.length);
        return range.getClientRects().length > 1;
      });
    }),
  );
  expect(broken).toEqual([]);
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
  expect(
    await page.locator('.bubble .table').evaluate((table) => table.scrollWidth > table.clientWidth),
  ).toBe(true);
  await picture(page, 'table');
});

test('a formula is shown as it was written', async () => {
  const page = await open();
  const formulas = ['\\(a_1 * b_1 * c\\)', '\\[ \\frac{x_1}{y_1}\n+ z \\]', '$x_i$ and $y_i$'];
  model.script.push({ tokens: [`First ${formulas[0]} then\n\n${formulas[1]}\n\nand ${formulas[2]}.`] });
  await ask(page, 'A formula');
  const shown = await page.locator('.reply .markdown').innerText();
  for (const formula of formulas) expect(shown).toContain(formula);
  await picture(page, 'formula');
});
