/**
 * The text of a file that a person put into a folder, or why it has none. Opening a named pipe waits for
 * a writer, and reading a device may never end, so only regular files of a bounded size are read.
 */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { messageOf } from '../thrown.ts';

export type FileText =
  | { type: 'text'; text: string }
  /** There is no such file. */
  | { type: 'absent' }
  /** `isPassing`: it may be readable in a moment, without anybody changing it. */
  | { type: 'unreadable'; why: string; isPassing: boolean };

/** Largest file, in bytes. */
const maxBytes = 1024 * 1024;
/** Where the system has too much to do, not the file something wrong. */
const passingCodes = ['EMFILE', 'ENFILE', 'ENOMEM', 'EAGAIN', 'EBUSY', 'EIO', 'ESTALE', 'ETIMEDOUT'];

/** Never rejects. Looks at what it has opened, so a file that is replaced meanwhile makes no difference. */
export async function readRegularFile(path: string): Promise<FileText> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    const stat = await handle.stat();
    if (!stat.isFile()) return unreadable('it is not a regular file; replace it by one, or remove it');
    const text = stat.size > maxBytes ? undefined : await textOf(handle);
    if (text !== undefined) return { type: 'text', text };
    return unreadable(`it is larger than ${maxBytes.toLocaleString('en')} bytes; shorten it`);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    return code === 'ENOENT' ? { type: 'absent' } : unreadable(messageOf(error), passingCodes.includes(code));
  } finally {
    await handle?.close().catch(() => undefined);
  }
}

/** Whether nothing has changed. */
export function isSameText(one: FileText, other: FileText): boolean {
  switch (one.type) {
    case 'text':
      return other.type === 'text' && one.text === other.text;
    case 'absent':
      return other.type === 'absent';
    case 'unreadable':
      return other.type === 'unreadable' && one.why === other.why;
  }
}

/** Undefined: it has grown past the limit since its size was read. */
async function textOf(handle: FileHandle): Promise<string | undefined> {
  const pieces: Buffer[] = [];
  // `end` is the last byte that is read.
  const stream = handle.createReadStream({ end: maxBytes, autoClose: false });
  for await (const piece of stream) pieces.push(piece as Buffer);
  const bytes = Buffer.concat(pieces);
  return bytes.length > maxBytes ? undefined : bytes.toString('utf8');
}

function unreadable(why: string, isPassing = false): FileText {
  return { type: 'unreadable', why, isPassing };
}
