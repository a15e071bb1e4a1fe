/**
 * In a real browser the page answers its reader while a model sends the texts that are slowest to
 * parse.
 */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { FakeModel } from '../stand-ins/model/fake-model.ts';
import { fakeModelBackend } from './parts/backend-environment.ts';
import { openBrowser } from './parts/browser.ts';
import { ask, longestTaskMs, openPage } from './parts/opened-page.ts';
import { type OurServer, startOurServer } from './parts/our-server.ts';

const bytes = 65_536;
/** In ms. */
const longestTask = 200;

let browser: Browser;
let model: FakeModel;
let server: OurServer;

beforeAll(async () => {
  model = await FakeModel.start();
  server = await startOurServer(fakeModelBackend(model));
  browser = await openBrowser();
});
afterAll(async () => {
  await browser?.close();
  await Promise.all([server?.stop(), model?.close()]);
});

const usual = [
  '## A heading\n\nWords with **bold** and `code`, and [a link](https://a.example).\n\n',
  '- one\n- two **three**\n\n',
  '| a | b |\n| - | - |\n| 1 | 2 |\n\n```js\nconst a = 1;\n```\n\n',
].join('');

test.for([
  ['brackets', '['],
  ['bold and italics', '**a* '],
  ['rows of pipes', '|x|y|\n'],
  ['nested quotes', '> '],
  ['backticks', '` a'],
  ['new lines', '\n\na'],
  ['one word', 'a'],
  ['lists', `${'- a\n'.repeat(300)}\na\n\n`],
  ['tables', `|a|b|\n|-|-|\n${'|x|y|\n'.repeat(600)}\na\n\n`],
  ['code blocks', '```\n'],
  ['lines', 'a\n'],
  ['lines of code', `\`\`\`\n${'\n'.repeat(bytes)}`],
  ['usual markdown', usual],
] as const)('64 KiB of %s in small pieces', async ([name, unit]) => {
  const text = unit.repeat(Math.ceil(bytes / unit.length)).slice(0, bytes);
  const pieces = text.match(/[^]{1,64}/g) ?? [];
  model.script.push({ tokens: pieces, tokenMs: 4 }, { tokens: [text] });
  const { page, problems } = await openPage(browser, server.pageUrl);
  onTestFinished(() => page.context().close());
  await page.locator('[data-link=connected]').waitFor();
  const longestMs = {
    inPieces: await longestTaskMs(browser, page, () => ask(page, 'In small pieces')),
    atOnce: await longestTaskMs(browser, page, () => ask(page, 'At once')),
  };
  console.log(`${name}: longest task ${JSON.stringify(longestMs)} ms`);
  expect(Math.max(longestMs.inPieces, longestMs.atOnce)).toBeLessThan(longestTask);
  expect(problems).toEqual([]);
});
