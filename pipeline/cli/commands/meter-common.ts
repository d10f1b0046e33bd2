import type { MeterFailure } from '../../contract/meter.js';
import { EXIT } from '../exit-codes.js';
import { complain } from '../prepare.js';

/** Files and columns are the user's to mend; a meter that does not answer is a failure of the work. */
export function complainOfMeter({ reason, message, hint }: MeterFailure): number {
  const isUsage = reason === 'file' || reason === 'implausible';
  return complain(message, hint ?? '', isUsage ? EXIT.usage : EXIT.failed);
}

/** Prints the document, or the lines for people. */
export function answer(json: boolean, document: unknown, lines: readonly string[]): void {
  process.stdout.write(json ? `${JSON.stringify(document, null, 2)}\n` : `${lines.join('\n')}\n`);
}

/** `1.5`, or undefined for anything that is no number. */
export function numberOf(text: string): number | undefined {
  const value = Number(text);
  return text.trim() === '' || !Number.isFinite(value) ? undefined : value;
}
