/** The committed pages are what their sources build, and need nothing but themselves. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';

const run = promisify(execFile);
const folder = fileURLToPath(new URL('..', import.meta.url));

describe.each([
  ['chat-client.html', 'vite.config.ts'],
  ['voice-client.html', 'vite.voice.config.ts'],
])('%s', (page, config) => {
  const committed = () => readFile(join(folder, page), 'utf8');

  test('equals a fresh build; if not, run `npm run build:page`', async () => {
    const out = await mkdtemp(join(tmpdir(), 'chat-client-'));
    onTestFinished(() => rm(out, { recursive: true }));
    const vite = join(dirname(createRequire(import.meta.url).resolve('vite/package.json')), 'bin/vite.js');
    await run(process.execPath, [vite, 'build', '--config', config, '--outDir', out], { cwd: folder });
    const built = await readFile(join(out, page), 'utf8');
    // Not `toBe`: the difference of two long lines helps nobody.
    expect(built === (await committed()), `${page} is not what its sources build`).toBe(true);
  }, 30_000);

  test('loads nothing from anywhere', async () => {
    const html = (await committed()).replace(/<(script|style)\b[^>]*>[^]*<\/\1>/g, '');
    expect([...html.matchAll(/\s(?:src|href)="([^"]*)"/g)].map(([, address]) => address)).toEqual([
      expect.stringMatching(/^data:/),
    ]);
    const [style = ''] = /<style\b[^>]*>[^]*<\/style>/.exec(await committed()) ?? [];
    expect(style).not.toMatch(/url\(|@import/);
  });

  test('lets only its own script and style run, and no other', async () => {
    const html = await committed();
    const [, policy = ''] = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html) ?? [];
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain('unsafe');
    for (const tag of ['script', 'style']) {
      const texts = [...html.matchAll(new RegExp(`<${tag}\\b[^>]*>([^]*?)</${tag}>`, 'g'))];
      const [, text = ''] = texts.at(-1) ?? [];
      const hash = createHash('sha256').update(text).digest('base64');
      expect(policy).toContain(`${tag}-src 'sha256-${hash}';`);
    }
  });
});
