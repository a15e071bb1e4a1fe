/** A reply's markdown becomes readable HTML that loads nothing, runs nothing, and links only where a person may go. */
import { expect, test } from 'vitest';
import { renderMarkdown } from '../src/logic/markdown.ts';

const html = (text: string): string => renderMarkdown(text, { streaming: false }).join('');
const growing = (text: string): string => renderMarkdown(text, { streaming: true }).join('');

test('links open in a new tab and tell nothing about the page', () => {
  expect(html('[a](https://a.example/?x=1&y="2")')).toContain(
    'target="_blank" rel="noopener noreferrer">a</a>',
  );
  expect(html('see https://a.example now')).toContain('<a href="https://a.example" target="_blank"');
});

test.for([
  'javascript:alert(1)',
  'JAVASCRIPT:alert(1)',
  'data:text/html,x',
  'file:///etc/passwd',
  '/relative',
  '//b.example',
])('a link to %s is only its words', (href) => {
  expect(html(`[words](${href})`)).toBe('<p>words</p>\n');
});

test('an image is a link, because loading it would tell where the reader is', () => {
  expect(html('![a cat](https://a.example/cat.png)')).toMatch(
    /<a href="https:\/\/a\.example\/cat\.png"[^>]*>a cat<\/a>/,
  );
  expect(html('![x](https://a.example/"onerror="alert(1))')).not.toContain('<img');
});

test("a model's HTML is text, except for line breaks", () => {
  expect(html('<img src=x onerror=alert(1)>')).toBe('<p>&lt;img src=x onerror=alert(1)&gt;</p>');
  expect(html('a <b onclick="x()">b</b>')).toContain('&lt;b onclick=&quot;x()&quot;&gt;b&lt;/b&gt;');
  expect(html('<script>\nalert(1)\n</script>')).not.toContain('<script');
  expect(html('one<br>two')).toContain('one<br>two');
  expect(html('```"><script>\nx\n```')).not.toContain('<script');
});

test('single line breaks are kept, and headings stay below those of the page', () => {
  expect(html('one\ntwo')).toBe('<p>one<br>two</p>\n');
  expect(html('# Big')).toBe('<h3>Big</h3>');
  expect(html('text\n---')).not.toMatch(/<h\d/);
});

test('a block that no longer changes stays the same while the next one grows', () => {
  const whole = 'First **bold**.\n\n- one\n- two\n\nLast words, a [link](https://a.example) and `code`.';
  let settled: string[] = [];
  for (let length = 1; length <= whole.length; length += 1) {
    const blocks = renderMarkdown(whole.slice(0, length), { streaming: true });
    expect(blocks.length).toBeGreaterThanOrEqual(settled.length);
    expect(blocks.slice(0, Math.max(0, settled.length - 1))).toEqual(settled.slice(0, -1));
    settled = blocks;
  }
  expect(settled).toEqual(renderMarkdown(whole, { streaming: false }));
});

test.for([
  ['some **bo', '<strong>bo</strong>'],
  ['some **bold*', '<strong>bold</strong>'],
  ['run `npm st', '<code>npm st</code>'],
  ['see [the page](https://exa', 'see the page'],
  ['text\n-', '<p>text</p>'],
  ['- one\n- ', 'one'],
])('marks that are still open are not shown: %s', ([text, expected]) => {
  const shown = growing(text ?? '');
  expect(shown).toContain(expected);
  expect(shown).not.toMatch(/\*|`|\[|\(/);
});

test('code that is still open is left as it is', () => {
  const open = '```js\nconst a = 2 ** 3; // `';
  expect(growing(open)).toBe(html(open));
  expect(growing(`${open}\n-`)).toContain('\n-');
});

test('a reply that no parser can follow is still shown', () => {
  const deep = '>'.repeat(20_000) + 'deep';
  expect(html(deep)).toContain('deep');
});
