import type { Environment } from './colour.js';
import { columnsOf } from './colour.js';
import { oneLine, truncate } from './text.js';

/** What takes less is done before anybody wonders. */
const QUIET_MILLISECONDS = 2_000;
const TERMINAL_MILLISECONDS = 100;
const PLAIN_MILLISECONDS = 10_000;

/** Progress of a command that is no run: one line that is redrawn in a terminal, else a line now and then. */
export class ProgressLine {
  readonly #stream: NodeJS.WriteStream;
  readonly #redraws: boolean;
  readonly #started = Date.now();
  #last = 0;
  #drawn = false;

  /** @param stream stderr, so that it never mixes with an answer */
  constructor(stream: NodeJS.WriteStream, env: Environment) {
    this.#stream = stream;
    this.#redraws = stream.isTTY === true && env.TERM !== 'dumb';
  }

  /** Draws when it is time; `text` is called only then. */
  show(text: () => string): void {
    const now = Date.now();
    const pause = this.#redraws ? TERMINAL_MILLISECONDS : PLAIN_MILLISECONDS;
    if (now - this.#started < QUIET_MILLISECONDS || now - this.#last < pause) return;
    this.#last = now;
    this.#drawn = true;
    const line = truncate(oneLine(text()), columnsOf(this.#stream) - 1);
    this.#stream.write(this.#redraws ? `\r\u001b[K${line}` : `${line}\n`);
  }

  /** Leaves no trace in a terminal. */
  clear(): void {
    if (this.#drawn && this.#redraws) this.#stream.write('\r\u001b[K');
  }
}
