import { performance } from 'node:perf_hooks';
import type { RunOptions } from './transport.js';

/** Of several answers the fastest says most; more than a few cost time and say nothing new. */
const QUESTIONS = 5;

export interface ClockReading {
  /** Device clock minus host clock, seconds. */
  readonly clock_offset_s: number;
  /** Half the way there and back: the offset is right within this, seconds. */
  readonly clock_error_s: number;
}

/** Asks a helper for its clock several times before it does what `request` wants. */
export function clockQuestions(request: string): {
  readonly stdin: NonNullable<RunOptions['stdin']>;
  /** Whether the line was an answer about the clock. */
  answered(line: string): boolean;
  reading(): ClockReading;
} {
  let write: (text: string) => void = () => undefined;
  let asked = 0;
  let answers = 0;
  let best: ClockReading | undefined;
  const ask = () => {
    asked = performance.now();
    write('clock\n');
  };
  return {
    stdin: {
      open: true,
      first: `${request}\n`,
      onOpen: (writer) => {
        write = writer;
      },
    },
    answered(line) {
      if (line === '"ready"') {
        ask();
        return true;
      }
      const message = JSON.parse(line) as { readonly clock?: number };
      if (message.clock === undefined) return false;
      const halfWay = (performance.now() - asked) / 2000;
      if (best === undefined || halfWay < best.clock_error_s) {
        best = { clock_offset_s: message.clock - (Date.now() / 1000 - halfWay), clock_error_s: halfWay };
      }
      answers += 1;
      if (answers < QUESTIONS) ask();
      else write('\n');
      return true;
    },
    reading() {
      const { clock_offset_s = 0, clock_error_s = 0 } = best ?? {};
      return { clock_offset_s: rounded(clock_offset_s), clock_error_s: rounded(clock_error_s + 0.00005) };
    },
  };
}

/** To 0.1 ms. */
function rounded(seconds: number): number {
  return Math.round(seconds * 10_000) / 10_000;
}
