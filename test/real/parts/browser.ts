/** Owns Chromium in a closed network, and one with a microphone that speaks from a file. Knows nothing of the pages it opens. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Browser } from 'playwright-core';
import { locateParts } from './locate-parts.ts';
import { speak } from './speech.ts';

const MICROPHONE_RATE = 48_000;

/** `args`: what it is told besides. */
export function openBrowser(args: readonly string[] = []): Promise<Browser> {
  const alone = [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ];
  return chromium.launch({ executablePath: locateParts().chromium.program, args: [...alone, ...args] });
}

export interface TalkingBrowser {
  browser: Browser;
  /** Closes it and removes the file. */
  close(): Promise<void>;
}

/**
 * What the microphone hears, from the moment it is opened: words, and pauses in milliseconds; then silence. Or it is there, and the page is not
 * let use it.
 */
export type Microphone = readonly (string | number)[] | 'refused';

export async function openTalkingBrowser(microphone: Microphone): Promise<TalkingBrowser> {
  const folder = await mkdtemp(join(tmpdir(), 'ws-llm-microphone-'));
  const args = ['--autoplay-policy=no-user-gesture-required', '--use-fake-device-for-media-stream'];
  if (microphone !== 'refused') {
    const file = join(folder, 'microphone.wav');
    await writeFile(file, toWav(await soundOf(microphone)));
    args.push('--use-fake-ui-for-media-stream', `--use-file-for-fake-audio-capture=${file}%noloop`);
  }
  const browser = await openBrowser(args);
  return {
    browser,
    async close() {
      await browser.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function soundOf(script: readonly (string | number)[]): Promise<Buffer> {
  const pieces = await Promise.all(
    script.map(async (piece) =>
      typeof piece === 'number'
        ? Buffer.alloc(2 * Math.round((piece * MICROPHONE_RATE) / 1_000))
        : speak(piece, MICROPHONE_RATE),
    ),
  );
  return Buffer.concat(pieces);
}

/** Mono, 16 bits. */
function toWav(pcm: Buffer): Buffer {
  const header = Buffer.alloc(44);
  header.write('RIFF', 0);
  header.writeUInt32LE(36 + pcm.length, 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(MICROPHONE_RATE, 24);
  header.writeUInt32LE(MICROPHONE_RATE * 2, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36);
  header.writeUInt32LE(pcm.length, 40);
  return Buffer.concat([header, pcm]);
}
