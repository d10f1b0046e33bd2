import { createInterface } from 'node:readline/promises';
import { CONSENT_NEEDED } from '../base/consent.js';
import type { Event, EventSink } from '../contract/event.js';

/** Notices that a worker would not begin before a person agrees, and to what. */
export class ConsentSink implements EventSink {
  asked: string | undefined;

  handle(event: Event): void {
    if (event.type !== 'instance-finished') return;
    const { failure } = event.outcome;
    if (failure?.reason === 'stage-error' && failure.code === CONSENT_NEEDED) this.asked = failure.message;
  }

  async close(): Promise<void> {}
}

/** Whether somebody is there: a question into a pipe would wait for ever. */
export function mayAsk(): boolean {
  return process.stdin.isTTY === true && process.stdout.isTTY === true;
}

export async function agreed(what: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  // Ctrl-C and Ctrl-D are no.
  const ended = new Promise<string>((resolve) => terminal.once('close', () => resolve('')));
  try {
    const answer = await Promise.race([terminal.question(`\n${what}.\nGo on? [y/N] `), ended]);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    terminal.close();
  }
}
