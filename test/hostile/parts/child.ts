/**
 * One child process of the suite: its IPC, its output, its memory, and its end. Killed with the
 * process that started it.
 */
import { type ChildProcess, spawn, type StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export interface ChildOptions {
  /** Path of the program, absolute. TypeScript runs from its source. */
  script: string;
  nodeArguments?: readonly string[];
  env?: Record<string, string>;
  /** Most file descriptors. Default: this process's own limit. */
  fileLimit?: number | undefined;
  /**
   * Largest file that it may write, in kilobytes, until `prlimit` lifts the limit. Default: this
   * process's own limit.
   */
  logLimitKb?: number | undefined;
  /** Where its errors go: read here (default), or a file descriptor of this process. */
  stderr?: 'pipe' | number;
}

export interface ChildEnd {
  code: number | null;
  signal: NodeJS.Signals | null;
}

const folder = fileURLToPath(new URL('.', import.meta.url));

export class Child {
  readonly process: ChildProcess;
  readonly ended: Promise<ChildEnd>;
  /** All that it wrote, the last 4 million characters. */
  output = '';
  #outputBytes = 0;
  #end: ChildEnd | undefined;
  #wake: (() => void)[] = [];
  #peakKb = 0;

  constructor({
    script,
    nodeArguments = [],
    env = {},
    fileLimit,
    logLimitKb,
    stderr = 'pipe',
  }: ChildOptions) {
    const source = script.endsWith('.ts') ? ['--import', 'tsx', '--conditions=source'] : [];
    const node = [process.execPath, ...nodeArguments, ...source, script];
    const limits = [
      ...(fileLimit === undefined ? [] : [`ulimit -n ${fileLimit}`]),
      // In blocks of 512 bytes.
      ...(logLimitKb === undefined ? [] : [`ulimit -S -f ${logLimitKb * 2}`]),
    ];
    const command =
      limits.length === 0 ? node : ['sh', '-c', [...limits, 'exec "$@"'].join('; '), 'sh', ...node];
    const stdio: StdioOptions = ['ignore', 'pipe', stderr, 'ipc'];
    // Its own folder, so that no .env of a developer is read.
    const child = spawn(command[0] ?? '', command.slice(1), {
      cwd: folder,
      env: { PATH: process.env['PATH'] ?? '', ...env },
      stdio,
    });
    this.process = child;
    const kill = (): void => void child.kill('SIGKILL');
    process.once('exit', kill);
    child.stdout?.on('data', (chunk: Buffer) => this.#hear(chunk));
    child.stderr?.on('data', (chunk: Buffer) => this.#hear(chunk));
    // A message to a child that has just died.
    child.on('error', () => undefined);
    this.ended = once(child, 'exit').then(([code, signal]: unknown[]) => {
      process.off('exit', kill);
      this.#end = { code: code as number | null, signal: signal as NodeJS.Signals | null };
      this.#wakeAll();
      return this.#end;
    });
  }

  get pid(): number {
    return this.process.pid ?? 0;
  }

  get end(): ChildEnd | undefined {
    return this.#end;
  }

  /** Bytes that it wrote so far. */
  get outputBytes(): number {
    return this.#outputBytes;
  }

  /** Most resident memory so far, in megabytes; the last reading where it has ended. */
  get peakMb(): number {
    try {
      const status = readFileSync(`/proc/${this.pid}/status`, 'utf8');
      this.#peakKb = Math.max(this.#peakKb, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0));
    } catch {
      // It has ended.
    }
    return this.#peakKb / 1_024;
  }

  /** Open file descriptors now; 0 where it has ended. */
  get files(): number {
    try {
      return readdirSync(`/proc/${this.pid}/fd`).length;
    } catch {
      return 0;
    }
  }

  /**
   * Resolves with the first group of `pattern`, past or future. Rejects where the process ends
   * before or after `deadlineMs`.
   */
  async says(pattern: RegExp, deadlineMs = 30_000): Promise<string> {
    const deadline = Date.now() + deadlineMs;
    for (;;) {
      const match = pattern.exec(this.output);
      if (match !== null) return match[1] ?? match[0];
      if (this.#end !== undefined || Date.now() > deadline)
        throw new Error(
          `${this.#end === undefined ? 'late' : 'ended'} before it wrote ${pattern}: ${this.output}`,
        );
      await this.#news(deadline - Date.now());
    }
  }

  send(message: object): void {
    if (this.process.connected) this.process.send(message, () => undefined);
  }

  /**
   * Resolves with the answer, of type `type`, to a question. Rejects where the process ends first.
   */
  async ask<Answer extends { type: string }>(question: object, type: Answer['type']): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const hear = (message: unknown): void => {
        if ((message as Partial<Answer>).type !== type) return;
        this.process.off('message', hear);
        resolve(message as Answer);
      };
      this.process.on('message', hear);
      void this.ended.then(() => reject(new Error(`ended before it answered ${type}: ${this.output}`)));
      this.send(question);
    });
  }

  /** SIGTERM, then SIGKILL after the grace. */
  async stop(graceMs = 2_000): Promise<ChildEnd> {
    if (this.#end !== undefined) return this.#end;
    this.process.kill('SIGTERM');
    const kill = setTimeout(() => this.process.kill('SIGKILL'), graceMs);
    const end = await this.ended;
    clearTimeout(kill);
    return end;
  }

  #news(withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, withinMs);
      this.#wake.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  #hear(chunk: Buffer): void {
    this.#outputBytes += chunk.length;
    this.output = (this.output + chunk.toString()).slice(-4_000_000);
    this.#wakeAll();
  }

  #wakeAll(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }
}
