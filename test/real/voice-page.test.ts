/** One command and one click: a person talks with the agent in a browser, sees what is said and noted, writes, mutes, and hangs up. */
import { afterAll, beforeAll, expect, onTestFailed, onTestFinished, test } from 'vitest';
import type { Page } from 'playwright-core';
import { saying } from '../stand-ins/model/behaviour.ts';
import { openTalkingBrowser, type Microphone } from './parts/browser.ts';
import { callerToken } from './parts/caller-token.ts';
import { startTalkPath, type TalkPath } from './parts/talk-path.ts';

const complaint = 'I have a headache and a fever';
const answer = 'Please rest and drink enough water.';
const written = 'And what about coffee?';

/** Where pictures of the page go, for whoever wants to look at it. */
const pictures = process.env['WS_LLM_PICTURES'];

let path: TalkPath;

beforeAll(async () => {
  path = await startTalkPath({ sentences: [complaint] });
});
afterAll(() => path?.stop());

async function openPage(script: Microphone): Promise<Page> {
  const talking = await openTalkingBrowser(script);
  onTestFinished(() => talking.close());
  const page = await talking.browser.newPage({ viewport: { width: 1000, height: 760 } });
  const problems: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  page.on('pageerror', (error) => problems.push(String(error)));
  onTestFailed(() => {
    const heard = path.deepgram.utterances.map(
      ({ text, pcm }) => `${text ?? 'nothing'} (${pcm.length} bytes)`,
    );
    console.log([...problems, ...heard, path.talk.output].join('\n'));
  });
  await page.goto(path.url);
  return page;
}

async function picture(page: Page, name: string): Promise<void> {
  if (pictures === undefined) return;
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await page.waitForTimeout(400);
    await page.screenshot({ path: `${pictures}/${name}-${colorScheme}.png` });
    const viewport = page.viewportSize();
    await page.setViewportSize({ width: 390, height: 780 });
    await page.waitForTimeout(400);
    await page.screenshot({ path: `${pictures}/${name}-${colorScheme}-small.png` });
    if (viewport !== null) await page.setViewportSize(viewport);
  }
}

test('a person clicks once, is greeted, speaks, and reads both sides, what was noted, and how long it took', async () => {
  const call = {
    id: 'call_1',
    name: 'collect_symptoms',
    arguments: JSON.stringify({
      symptoms: [
        { name: 'headache', choice_id: 'present' },
        { name: 'fever', choice_id: 'present' },
        { name: 'cough', choice_id: 'unknown' },
      ],
    }),
  };
  path.model.fallback = saying(answer);
  // Said again, should the recogniser have missed it: until then the microphone is muted.
  const page = await openPage([9_000, complaint, 20_000, complaint, 120_000]);
  await page.getByText('Talk with Healthcare assistant').waitFor();
  await picture(page, 'before');
  await page.getByRole('button', { name: 'Start talking' }).click();
  const status = page.getByRole('status').first();
  await page.locator('[data-agent=speaking]').waitFor();
  expect(await status.innerText()).toBe('Speaking');
  await picture(page, 'speaking');
  await page.locator('[data-agent=listening]').waitFor();
  path.model.script.push({ tokens: [], toolCalls: [call] });
  await page.locator('[data-who=caller]', { hasText: complaint }).waitFor();
  await page.locator('[data-who=agent]', { hasText: answer }).waitFor();
  await page.locator('[data-who=agent] .latency').waitFor();
  await page.getByRole('button', { name: 'Mute the microphone' }).click();
  await page.getByRole('button', { name: 'Turn the microphone on' }).waitFor();
  const lines = await page.locator('[data-who] .bubble').allInnerTexts();
  // A machine that has too much to do may have garbled it.
  expect(lines.filter((line) => !line.includes('did not hear'))).toEqual([
    expect.stringMatching(/^Hello/),
    complaint,
    answer,
  ]);
  const seconds = Number(/([\d.]+) s/.exec(await page.locator('.latency').innerText())?.[1]);
  expect(seconds).toBeGreaterThan(0.1);
  expect(seconds).toBeLessThan(5);
  await page.getByText('headache yes').waitFor();
  await page.getByText('cough not sure').waitFor();
  await picture(page, 'answered');

  await page.getByRole('textbox', { name: 'Message' }).fill(written);
  path.model.script.push(saying('One cup does no harm.'));
  await page.keyboard.press('Enter');
  await page.locator('[data-who=agent]', { hasText: 'One cup does no harm.' }).waitFor();
  expect(JSON.stringify(path.model.requests.at(-1)?.body)).toContain(written);

  await page.getByRole('button', { name: 'Microphone and loudspeaker' }).click();
  await page.locator('.device select').first().waitFor();
  await picture(page, 'devices');
  await page.keyboard.press('Escape');

  path.model.script.push(saying('This is a long story that goes on and on. '.repeat(12)));
  await page.getByRole('textbox', { name: 'Message' }).fill('Tell me a story');
  await page.keyboard.press('Enter');
  await page.locator('[data-agent=speaking]').waitFor();
  await page.getByRole('button', { name: 'Interrupt the agent' }).click();
  await page.locator('[data-agent=listening]').waitFor({ timeout: 5_000 });

  await page.getByRole('button', { name: 'Hang up' }).click();
  await page.getByText('You have hung up.').waitFor();
  await picture(page, 'after');
});

test('a person whose microphone is refused is told so in words, and is answered in writing', async () => {
  path.model.fallback = saying(answer);
  const page = await openPage('refused');
  await page.getByRole('button', { name: 'Start talking' }).click();
  await page.getByRole('alert').filter({ hasText: 'microphone' }).waitFor();
  expect(await page.getByRole('alert').innerText()).toMatch(/does not let this page use the microphone/);
  await page.locator('[data-agent=listening]').waitFor();
  await picture(page, 'refused');
  await page.getByRole('textbox', { name: 'Message' }).fill(written);
  await page.keyboard.press('Enter');
  await page.locator('[data-who=agent]', { hasText: answer }).waitFor();
});

test('a person whom no agent takes, because all are busy or none is there, is told so in words', async () => {
  const page = await openPage('refused');
  // A ticket into a room that asks for an agent which no worker is: to LiveKit the same as one whose workers are all full.
  const token = await callerToken(path.livekit, { agentName: 'nobody' });
  await page.route('**/ticket', (route) => route.fulfill({ json: { url: path.livekit.url, token } }));
  await page.getByRole('button', { name: 'Start talking' }).click();
  await page.getByRole('alert').filter({ hasText: 'No agent has joined the call yet' }).waitFor();
  await picture(page, 'alone');
});
