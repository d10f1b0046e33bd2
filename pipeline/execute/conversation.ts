import type { Json } from '../base/canonical.js';
import { err, ok, type Result } from '../base/result.js';
import type { WorkMessageHandler } from '../contract/executor.js';
import type { Failure } from '../contract/failure.js';
import { parseWorkerMessage } from './protocol.js';

export type Summary = Readonly<Record<string, Json>>;

/** How a process ended: by itself or by a signal. */
export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
}

const LONGEST_LINE = 1 << 20;

/**
 * What one worker said so far, wherever it runs: text in pieces of any size comes in, messages go out, and at the end
 * its exit and its words are judged together.
 */
export class Conversation {
  /** When it last said something, of `performance.now()`. */
  lastLine = performance.now();
  readonly #kind: 'worker' | 'command';
  readonly #onMessage: WorkMessageHandler;
  readonly #onViolation: () => void;
  #failure: Failure | undefined;
  #summary: Summary | undefined;
  #greeted = false;
  #pending = '';

  constructor(kind: 'worker' | 'command', onMessage: WorkMessageHandler, onViolation: () => void) {
    this.#kind = kind;
    this.#onMessage = onMessage;
    this.#onViolation = onViolation;
  }

  /** The first reason wins: what a worker says while it is being ended is no news. */
  fail(failure: Failure): void {
    this.#failure ??= failure;
  }

  get hasResult(): boolean {
    return this.#summary !== undefined;
  }

  write(text: string): void {
    if (text !== '') this.lastLine = performance.now();
    this.#pending += text;
    for (let end = this.#pending.indexOf('\n'); end >= 0; end = this.#pending.indexOf('\n')) {
      const line = this.#pending.slice(0, end);
      this.#pending = this.#pending.slice(end + 1);
      this.#handle(line);
    }
    if (this.#pending.length > LONGEST_LINE) {
      this.#violate(this.#pending, 'a line without an end');
      this.#pending = '';
    }
  }

  conclude(exit: Exit, tail: () => readonly string[]): Result<Summary, Failure> {
    if (this.#failure !== undefined) return err(this.#failure);
    if (exit.signal !== null) return err({ reason: 'signal', signal: exit.signal, stderrTail: tail() });
    if (exit.code !== 0)
      return err({ reason: 'exit-nonzero', exitCode: exit.code ?? -1, stderrTail: tail() });
    if (this.#kind === 'command') return ok({});
    if (this.#summary !== undefined) return ok(this.#summary);
    return err({
      reason: 'protocol-violation',
      line: this.#pending.slice(0, 200),
      problem: 'it ended without a result',
    });
  }

  #handle(line: string): void {
    if (this.#failure !== undefined) return;
    const parsed = parseWorkerMessage(line);
    if (!parsed.ok) {
      this.#violate(line, parsed.error);
      return;
    }
    const message = parsed.value;
    if (message.type === 'hello') this.#greeted = true;
    else if (!this.#greeted) this.#violate(line, 'the first message must be hello');
    else if (message.type === 'result') this.#summary = message.summary;
    else if (message.type === 'failure') {
      const { type: _, ...rest } = message;
      this.#failure = { reason: 'stage-error', ...rest };
    } else this.#onMessage(message);
  }

  #violate(line: string, problem: string): void {
    this.fail({ reason: 'protocol-violation', line: line.slice(0, 200), problem });
    this.#onViolation();
  }
}
