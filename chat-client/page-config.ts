/**
 * Builds a page into one file that needs nothing else, the same on every machine: what `test/built-page.test.ts` compares.
 */
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { defaultClientConditions, type Plugin, type UserConfig } from 'vite';
import { viteSingleFile } from 'vite-plugin-singlefile';

export interface PageOptions {
  /** Its document in `src/`. */
  html: string;
  /** Names of those that may turn text into elements; none: nobody. */
  trustedTypes?: string;
  /** Runs before everything else. */
  intro?: string;
}

const folder = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/**
 * Nothing loads, nothing runs but the page's own script, known by its hash, and only sanitized HTML may become elements.
 * A page that may talk to any server cannot name its sockets.
 */
function contentSecurityPolicy(trustedTypes: string): Plugin {
  return {
    name: 'content-security-policy',
    enforce: 'post',
    generateBundle: {
      order: 'post',
      handler(_options, bundle) {
        for (const page of Object.values(bundle)) {
          if (page.type !== 'asset' || !page.fileName.endsWith('.html')) continue;
          const html = String(page.source);
          const script = only(html, /<script\b[^>]*>([^]*)<\/script>/);
          const style = only(html.replace(script, ''), /<style\b[^>]*>([^]*)<\/style>/);
          const policy = [
            "default-src 'none'",
            `script-src ${hashOf(script)}`,
            `style-src ${hashOf(style)}`,
            'img-src data:',
            'connect-src ws: wss: http: https:',
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
            `trusted-types ${trustedTypes}`,
          ].join('; ');
          page.source = html.replace(
            '<meta charset="utf-8" />',
            (charset) => `${charset}\n    <meta http-equiv="Content-Security-Policy" content="${policy}" />`,
          );
        }
      },
    },
  };
}

function hashOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}

function only(html: string, pattern: RegExp): string {
  const text = pattern.exec(html)?.[1];
  if (text === undefined) throw new Error(`the built page has nothing that matches ${pattern.source}`);
  return text;
}

/** The configuration of one page; each is a build of its own, because a page is one file. */
export function pageConfig({ html, trustedTypes = "'none'", intro = '' }: PageOptions): UserConfig {
  return {
    root: folder('src'),
    mode: 'production',
    publicDir: false,
    clearScreen: false,
    // Vite warns of every output folder around its root; what the bundler warns of is an error below.
    logLevel: 'error',
    // The same page whatever NODE_ENV says.
    define: { 'process.env.NODE_ENV': '"production"' },
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact', development: false } },
    resolve: { conditions: ['source', ...defaultClientConditions] },
    build: {
      outDir: folder('.'),
      // The folder holds the sources too.
      emptyOutDir: false,
      target: 'es2023',
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
      rolldownOptions: {
        input: folder(`src/${html}`),
        output: { intro },
        onLog: (level, log) => {
          if (level === 'warn') throw new Error(log.message);
        },
      },
    },
    plugins: [viteSingleFile(), contentSecurityPolicy(trustedTypes)],
  };
}
