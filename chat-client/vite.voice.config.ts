/** The voice page. */
import { defineConfig } from 'vite';
import { pageConfig } from './page-config.ts';

export default defineConfig(pageConfig({ html: 'voice-client.html' }));
