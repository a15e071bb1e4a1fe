// Importing the package makes it known to LiveKit, under the version that is published.
import { readFile } from 'node:fs/promises';
import { Plugin } from '@livekit/agents';
import * as plugin from 'livekit-agents-plugin-ws-llm';
import { expect, test } from 'vitest';

test('the plugin registers itself once, under its package’s name and version', async () => {
  const text = await readFile(new URL('../package.json', import.meta.url), 'utf8');
  const manifest = JSON.parse(text) as { name: string; version: string };
  const registered = Plugin.registeredPlugins.filter(({ title }) => title === 'ws-llm');
  expect(registered.map((one) => [one.package, one.version])).toEqual([[manifest.name, manifest.version]]);
});

test('nothing else is public', () => {
  expect(Object.keys(plugin).toSorted()).toEqual(['WebSocketLLM', 'WebSocketLLMStream', 'replyExtraOf']);
});
