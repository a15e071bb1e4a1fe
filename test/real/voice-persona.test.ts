/**
 * In a real browser the voice page names the persona that the reader chose, and the microphone as
 * it is. Needs no room.
 */
import { readFile } from 'node:fs/promises';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { openBrowser } from './parts/browser.ts';
import { openIn, picture } from './parts/opened-page.ts';

const address = 'http://localhost:9/';
const offer = {
  persona: { name: 'nurse', title: 'Nurse', suggestions: [] },
  personas: [
    { name: 'nurse', title: 'Nurse' },
    { name: 'coach', title: 'Coach' },
  ],
};

let browser: Browser;

beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(() => browser?.close());

/** Every request for a ticket stays open until `giveTicket`. */
async function open(): Promise<{ page: Page; asked: unknown[]; giveTicket: () => void }> {
  const html = await readFile(new URL('../../chat-client/voice-client.html', import.meta.url), 'utf8');
  const asked: unknown[] = [];
  let giveTicket = (): void => {};
  const ticket = new Promise<void>((resolve) => {
    giveTicket = resolve;
  });
  const context = await browser.newContext();
  onTestFinished(() => context.close());
  await context.route(address, (route) => route.fulfill({ contentType: 'text/html', body: html }));
  await context.route('**/offer', (route) => route.fulfill({ json: offer }));
  await context.route('**/ticket', async (route) => {
    asked.push(route.request().postDataJSON());
    await ticket;
    await route.fulfill({ json: { url: 'ws://127.0.0.1:9', token: 'none' } });
  });
  const { page } = await openIn(context, address);
  return { page, asked, giveTicket };
}

test('the persona that is chosen is named everywhere, before the call and while it begins', async () => {
  const { page, asked } = await open();
  await page.getByText('Talk with Nurse').waitFor();
  await page.locator('select').selectOption('coach');
  await page.getByText('Talk with Coach').waitFor();
  await picture(page, 'voice-chosen');
  await page.getByRole('button', { name: 'Start talking' }).click();
  await page.getByRole('button', { name: 'Hang up' }).waitFor();
  expect(await page.getByRole('heading').first().innerText()).toBe('Coach');
  expect(await page.locator('.orb-face').innerText()).toBe('C');
  expect(await page.title()).toBe('Coach');
  await expect.poll(() => asked).toEqual([{ persona: 'coach' }]);
  const microphone = page.locator('.microphone');
  expect(await microphone.getAttribute('aria-label')).toBe('The microphone is off');
  expect(await microphone.getAttribute('aria-pressed')).toBeNull();
  expect(await microphone.isDisabled()).toBe(true);

  // The next call is with the other one, and nothing of the call before says otherwise.
  await page.getByRole('button', { name: 'Hang up' }).click();
  await page.locator('select').selectOption('nurse');
  await picture(page, 'voice-other');
  await page.getByRole('button', { name: 'Talk with Nurse' }).click();
  await page.getByRole('button', { name: 'Hang up' }).waitFor();
  expect(await page.getByRole('heading').first().innerText()).toBe('Nurse');
});

test('a caller who hangs up before the ticket has come is not in a call when it comes', async () => {
  const { page, giveTicket } = await open();
  await page.getByRole('button', { name: 'Start talking' }).click();
  await page.getByRole('button', { name: 'Hang up' }).click();
  await page.getByText('You have hung up.').waitFor();
  const answered = page.waitForResponse('**/ticket');
  giveTicket();
  await (await answered).finished();
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 300)));
  expect(await page.getByText('You have hung up.').isVisible()).toBe(true);
  expect(await page.getByRole('button', { name: 'Hang up' }).count()).toBe(0);
});
