/** A process of attackers, as a test uses it. */
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { Child } from '../parts/child.ts';
import type { AttackReport, FromAttackers, Squad, ToAttackers } from './attack-options.ts';

export class Attackers {
  readonly #child: Child;

  private constructor(child: Child) {
    this.#child = child;
  }

  /** Ready to attack; ends with its test. */
  static async start(): Promise<Attackers> {
    const child = new Child({ script: fileURLToPath(new URL('attacker-process.ts', import.meta.url)) });
    onTestFinished(async () => void (await child.stop(0)));
    await child.says(/ready/);
    return new Attackers(child);
  }

  async attack(port: number, squads: Squad[]): Promise<void> {
    await this.#ask({ type: 'attack', port, squads });
  }

  async report(): Promise<AttackReport> {
    const answer = await this.#ask({ type: 'report' });
    if (answer.type !== 'report') throw new Error('the attackers do not report');
    return answer.report;
  }

  /** Every socket of theirs is closed with them. */
  async stop(): Promise<void> {
    await this.#child.stop(0);
  }

  #ask(question: ToAttackers): Promise<FromAttackers> {
    return this.#child.ask<FromAttackers>(question, question.type);
  }
}
