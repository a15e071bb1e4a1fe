/** A backend with all that is put around each keeps the contract as it does alone. */
import { withFittingContexts } from '../../src/backends/fitting-backend.ts';
import { withIdleWarming } from '../../src/backends/idle-warming.ts';
import { OllamaBackend } from '../../src/backends/ollama-backend.ts';
import { withOptionalTools } from '../../src/backends/optional-tools.ts';
import { describeBackend } from './conformance.ts';

describeBackend('ollama, with all that is put around a backend', (model, name) =>
  withFittingContexts(
    withOptionalTools(withIdleWarming(new OllamaBackend({ host: model.ollamaHost, model: name }))),
  ),
);
