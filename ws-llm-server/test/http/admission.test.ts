/** Who may come in is decided by Host and Origin alone: foreign pages never, pages from disk as guests. */
import { expect, test } from 'vitest';
import { admit } from '../../src/http/admission.ts';

const policy = { allowedHosts: ['persona.home'], allowedOrigins: ['https://app.example'] };

test.each([
  ['no page at all', 'localhost:8765', undefined, 'agent'],
  ['its own page', 'localhost:8765', 'http://localhost:8765', 'agent'],
  ['its own page under another of its names', '127.0.0.1:8765', 'http://localhost:8765', 'agent'],
  ['its own page over IPv6', '[::1]:8765', 'http://[::1]:8765', 'agent'],
  ['a host that is configured', 'persona.home', undefined, 'agent'],
  ['a page that is configured', 'localhost:8765', 'https://app.example', 'agent'],
  ['a page from disk', 'localhost:8765', 'null', 'guest'],
])('%s is let in [P-117] [P-119]', (_, host, origin, role) => {
  expect(admit({ host, origin }, policy)).toEqual({ outcome: 'admitted', role });
});

test.each([
  ['no Host', undefined, undefined, 'host'],
  ['an empty Host', '', undefined, 'host'],
  ['a name that was rebound to this address', 'evil.example:8765', 'http://evil.example:8765', 'host'],
  ['a name that only begins like ours', 'localhost.evil.example', undefined, 'host'],
  ['a foreign page', 'localhost:8765', 'https://evil.example', 'origin'],
  ['a page of another port of this machine', 'localhost:8765', 'http://localhost:3000', 'origin'],
  ['a page whose origin is nonsense', 'localhost:8765', 'nonsense', 'origin'],
  ['a configured name with another scheme', 'localhost:8765', 'http://app.example', 'origin'],
])('%s is refused [P-116] [P-118]', (_, host, origin, because) => {
  expect(admit({ host, origin }, policy)).toMatchObject({ outcome: 'refused', because });
});
