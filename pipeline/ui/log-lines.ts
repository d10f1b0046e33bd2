import { stripVTControlCharacters } from 'node:util';
import { canonicalJson } from '../base/canonical.js';
import { type Paint, paint, wantsColour } from './colour.js';
import { flushed, type ViewOutput } from './output.js';

/** What a worker wrote, safe to print: of a line that redraws itself the last state, and nothing that moves a cursor. */
export function logLine(text: string): string {
  const last = text.replace(/\r+$/, '');
  return stripVTControlCharacters(last.slice(last.lastIndexOf('\r') + 1)).replace(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones that a terminal acts upon
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g,
    '',
  );
}

export interface LogPrinterOptions {
  readonly json: boolean;
  /** Several instances are told apart by their names in front. */
  readonly prefixed: boolean;
  /** Takes secrets out. */
  readonly clean: (text: string) => string;
}

/** Writes lines of logs: for people as they are, or one JSON object a line. */
export class LogPrinter {
  readonly #output: ViewOutput;
  readonly #options: LogPrinterOptions;
  readonly #paint: Paint;

  constructor(output: ViewOutput, options: LogPrinterOptions) {
    this.#output = output;
    this.#options = options;
    this.#paint = paint(wantsColour(output.stdout, output.env));
  }

  /** Resolves when the stream can take more. */
  async lines(run: string, instance: string, lines: readonly string[]): Promise<void> {
    if (lines.length === 0) return;
    const { json, prefixed, clean } = this.#options;
    const prefix = prefixed ? `${this.#paint.cyan(instance)} ` : '';
    const text = lines.map((line) =>
      json
        ? canonicalJson({ schema: 1, run, instance, text: clean(line) })
        : `${prefix}${clean(logLine(line))}`,
    );
    if (!this.#output.stdout.write(`${text.join('\n')}\n`)) await flushed(this.#output.stdout);
  }
}
