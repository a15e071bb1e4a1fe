/** A backend with all that is put around each keeps the contract as it does alone. */
import { expect, test } from 'vitest';
import { chooseBackend } from '../../src/backends/choose-backend.ts';
import { DemoBackend } from '../../src/backends/demo-backend.ts';
import { OllamaBackend } from '../../src/backends/ollama-backend.ts';
import { withStandardLayers } from '../../src/backends/standard-layers.ts';
import { loadConfig } from '../../src/config.ts';
import { describeBackend } from './conformance.ts';

describeBackend('ollama, with all that is put around a backend', (model, name) =>
  withStandardLayers(new OllamaBackend({ host: model.ollamaHost, model: name })),
);

test('a backend that has the layers gets no second ones, nor does one that is made of such', async () => {
  const layered = withStandardLayers(new DemoBackend());
  expect(withStandardLayers(layered)).toBe(layered);
  const config = loadConfig({}).backend;
  const demo = { kind: 'demo', model: undefined } as const;
  const { backend } = await chooseBackend({ ...config, backends: [demo, demo] });
  expect(withStandardLayers(backend)).toBe(backend);
});
