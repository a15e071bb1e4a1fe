/** Only a server of one's own is made to read prompts before they are needed: elsewhere that costs money. */
import { expect, test } from 'vitest';
import { isLocalAddress } from '../../src/backends/local-address.ts';

test.each([
  'http://127.0.0.1:1234/v1',
  'http://localhost:8000/v1',
  'http://[::1]:8000/v1',
  'http://[fd12:3456::1]:8000/v1',
  'http://10.1.2.3/v1',
  'http://192.168.1.20:8080',
  'http://172.20.0.5:8000',
  'http://vllm:8000/v1',
  'http://gpu.local:8000/v1',
  'http://host.docker.internal:8000/v1',
])('%s is one', (url) => {
  expect(isLocalAddress(url)).toBe(true);
});

test.each([
  'https://api.openai.com/v1',
  'https://openrouter.ai/api/v1',
  'http://172.32.0.5:8000',
  'http://8.8.8.8/v1',
  'http://[2001:db8::1]/v1',
  'https://localhost.example.org/v1',
])('%s is none', (url) => {
  expect(isLocalAddress(url)).toBe(false);
});
