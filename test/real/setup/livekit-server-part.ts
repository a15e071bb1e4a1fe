/** Owns how the LiveKit server is built from its Go module. Knows nothing of how it is run. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { definePart } from './part.ts';
import { runCommand } from './run-command.ts';

const VERSION = '1.13.5';
const MODULE = 'github.com/livekit/livekit-server';

export const liveKitServerPart = definePart({
  name: 'livekit-server',
  version: VERSION,
  proof: 'livekit-server',
  async build(folder, scratch) {
    // `go install module@version` refuses a module with replace directives, so it is built as a dependency of a module of ours.
    await writeFile(
      join(scratch, 'go.mod'),
      `module ws-llm.local/livekit-server\n\ngo 1.26\n\nrequire ${MODULE} v${VERSION}\n`,
    );
    await writeFile(
      join(scratch, 'tools.go'),
      `//go:build tools\n\npackage tools\n\nimport _ "${MODULE}/cmd/server"\n`,
    );
    const output = join(folder, 'livekit-server');
    await runCommand('go', ['build', '-mod=mod', '-o', output, `${MODULE}/cmd/server`], { cwd: scratch });
  },
});

export const liveKitServerProgram = join(liveKitServerPart.folder, 'livekit-server');
