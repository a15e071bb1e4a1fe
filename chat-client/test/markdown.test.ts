/** A reply's markdown becomes readable HTML that loads nothing, runs nothing, and links only where a person may go. */
import { expect, test } from 'vitest';
import { MarkdownRenderer } from '../src/logic/markdown.ts';

const render = (text: string, streaming: boolean): string[] =>
  new MarkdownRenderer(() => 0).render(text, { streaming }).blocks;
const html = (text: string): string => render(text, false).join('');
const growing = (text: string): string => render(text, true).join('');

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
    const blocks = render(whole.slice(0, length), true);
    expect(blocks.length).toBeGreaterThanOrEqual(settled.length);
    expect(blocks.slice(0, Math.max(0, settled.length - 1))).toEqual(settled.slice(0, -1));
    settled = blocks;
  }
  expect(settled).toEqual(render(whole, false));
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

test.for([
  ['\\(a_1 * b_1 * c\\)', '<p>x <span class="formula">\\(a_1 * b_1 * c\\)</span> y</p>\n'],
  ['\\[a*b*c\\]', '<p>x <span class="formula">\\[a*b*c\\]</span> y</p>\n'],
  ['$a_1*b*c_2$', '<p>x <span class="formula">$a_1*b*c_2$</span> y</p>\n'],
  ['$$\\{a\\}$$', '<p>x <span class="formula">$$\\{a\\}$$</span> y</p>\n'],
  ['\\(a', '<p>x \\(a y</p>\n'],
  ['a\\]', '<p>x a\\] y</p>\n'],
  ['$5 *or* $6', '<p>x $5 <em>or</em> $6 y</p>\n'],
  ['\\*a\\* `\\(`', '<p>x *a* <code>\\(</code> y</p>\n'],
])('a formula stays as it was written, and what is none is markdown: %s', ([text, expected]) => {
  expect(html(`x ${text} y`)).toBe(expected);
});

test('a formula in lines of its own is no list, also while it grows', () => {
  const formula = '\\[\na_1\n+ b *c*\n- d\n\\]';
  expect(html(`Then\n${formula}\nholds.`)).toContain(`<p class="formula">${formula}</p>`);
  for (let length = 4; length <= formula.length; length += 1) {
    expect(growing(formula.slice(0, length))).not.toMatch(/<(?:ul|li|em)/);
  }
  expect(html('\\[note\\](https://a.example)')).toContain('\\[note\\]');
});

test('a link that is defined at the end of a reply is a link where it is used', () => {
  expect(html('See [the page][1].\n\nMore.\n\n[1]: https://a.example')).toContain(
    '<a href="https://a.example" target="_blank" rel="noopener noreferrer">the page</a>',
  );
});

test('a list with blank lines stays one list, and code with blank lines one block', () => {
  expect(html('1. one\n\n2. two\n\n   more\n\nend').match(/<ol/g)).toHaveLength(1);
  expect(html('```\na\n\nb\n```\ntext')).toBe('<pre tabindex="0"><code>a\n\nb</code></pre><p>text</p>\n');
});

/** 64 KiB each. */
const hostile: Record<string, string> = {
  brackets: '['.repeat(65_536),
  asterisks: '*'.repeat(65_536),
  'bold and italics': '**a* '.repeat(13_107),
  underscores: 'a_'.repeat(32_768),
  spaces: `a${' '.repeat(65_534)}b`,
  'a heading of spaces': `# a${' '.repeat(65_532)}b`,
  backticks: '` a'.repeat(21_845),
  'rows of pipes': `|a|b|\n|-|-|\n${'|x|y|\n'.repeat(10_920)}`,
  'nested quotes': '> '.repeat(32_768),
  'nested lists': '1. '.repeat(21_845),
  'an address and signs': `http://a.b/${'?!.'.repeat(21_841)}`,
  'lines in a list': `- ${'<a\n'.repeat(21_844)}`,
  formulas: '\\('.repeat(32_768),
  dollars: '$a_'.repeat(21_845),
  'paragraphs below the limit': 'b **a* '.repeat(250).concat('\n\n').repeat(37),
};

test.for(Object.keys(hostile))('64 KiB of %s never stop the page for 200 ms', (name) => {
  const text = hostile[name] ?? '';
  let longestMs = 0;
  const renderer = new MarkdownRenderer(() => performance.now());
  const measure = (length: number, streaming: boolean): boolean => {
    const startedAt = performance.now();
    const { isWhole, blocks } = renderer.render(text.slice(0, length), { streaming });
    longestMs = Math.max(longestMs, performance.now() - startedAt);
    if (!streaming) expect(blocks.join('').length).toBeGreaterThan(0);
    return isWhole;
  };
  for (let length = 1; length < text.length; length += 1_637) measure(length, true);
  while (!measure(text.length, false));
  expect(longestMs).toBeLessThan(200);
});
