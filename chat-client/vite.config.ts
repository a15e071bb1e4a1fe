/** The chat page. */
import { defineConfig } from 'vite';
import { pageConfig } from './page-config.ts';

export default defineConfig(
  pageConfig({
    html: 'chat-client.html',
    trustedTypes: 'dompurify',
    // Has schemas interpreted: compiled ones need `eval`, which the policy forbids.
    intro: 'globalThis.__zod_globalConfig={jitless:true};',
  }),
);
