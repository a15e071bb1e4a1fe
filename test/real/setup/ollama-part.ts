/** Owns how Ollama is built from its Go module for this very processor. Knows nothing of models or of how it is run. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { cpuKey } from './cpu-key.ts';
import { definePart } from './part.ts';
import { runCommand } from './run-command.ts';

const VERSION = '0.17.4';
const MINIAUDIO_VERSION = '1.71';

// The module also comes without its code for Intel's AMX, which -march=native would make it call: it would not link.
const withoutAmx = process.arch === 'x64' ? ['-mno-amx-tile', '-mno-amx-int8', '-mno-amx-bf16'] : [];

export const ollamaPart = definePart({
  name: 'ollama',
  version: VERSION,
  variant: cpuKey(),
  proof: 'ollama',
  async build(folder, scratch) {
    // The module comes without three headers that its C++ includes: Debian has two of them, this Python package the third.
    await runCommand(
      'python3',
      [
        '-m',
        'pip',
        'download',
        '--quiet',
        '--no-deps',
        '--no-binary',
        ':all:',
        `miniaudio==${MINIAUDIO_VERSION}`,
      ],
      { cwd: scratch },
    );
    const archive = (await readdir(scratch)).find((file) => file.endsWith('.tar.gz'));
    if (archive === undefined) throw new Error('the source archive of miniaudio was not downloaded');
    await runCommand('tar', ['-xzf', archive, '--strip-components=1'], { cwd: scratch });

    // Without -march=native the model is several times slower. The define keeps Go's own build cache from handing one
    // processor's objects to another: it sees the flags' text, and that text is the same everywhere.
    const flags = ['-O3', '-march=native', ...withoutAmx, `-DWS_LLM_CPU_${cpuKey()}`].join(' ');
    await runCommand('go', ['install', `github.com/ollama/ollama@v${VERSION}`], {
      cwd: scratch,
      env: {
        GOBIN: folder,
        CGO_ENABLED: '1',
        CGO_CPPFLAGS: `-I/usr/include -I/usr/include/stb "-I${scratch}"`,
        CGO_CFLAGS: flags,
        CGO_CXXFLAGS: flags,
      },
    });
  },
});

export const ollamaProgram = join(ollamaPart.folder, 'ollama');
