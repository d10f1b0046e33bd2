import { codes, line } from '../unit/power/blocks.js';
import { openTestPort } from './pty.js';

const BLOCK_S = 0.01;

/**
 * What the firmware sends, at a pseudo-terminal, as fast as an Arduino would: blocks of a known current at 5 V. Codes are spread over
 * neighbours as the sensor's noise does it, so that their mean is the exact one.
 */
export interface MeterPort {
  readonly path: string;
  /** What flows from now on. */
  ampere: number;
  /** Takes the next blocks and does not send them. */
  drop(blocks: number): void;
  /** As a cable that is pulled. */
  close(): Promise<void>;
}

export const SUPPLY_V = 5;

export async function openMeterPort(ampere: number, firmware = 1): Promise<MeterPort> {
  const port = await openTestPort();
  const start = performance.now();
  let sequence = 0;
  let toDrop = 0;
  /** All blocks that are over by now, at the current that flowed in them however late this process comes to it. */
  const send = (): void => {
    // The first line is lost: who opens a port throws away what waits there. Another firmware must be seen at once.
    const isHello = sequence % 512 === 0 || firmware !== 1;
    let text = isHello ? `${line(`H edgeline-meter ${firmware} 10000 16000000`)}\n` : '';
    const [current, voltage] = codes(ampere, SUPPLY_V).map(sumsText);
    while ((sequence + 1) * BLOCK_S * 1000 <= performance.now() - start) {
      const body = `B ${sequence % 65_536} ${(sequence + 1) * 10_000} ${current} ${voltage}`;
      sequence += 1;
      if (toDrop > 0) toDrop -= 1;
      else text += `${line(body)}\n`;
    }
    if (text !== '') port.write(text);
  };
  const writing = setInterval(send, 20);
  return {
    path: port.path,
    get ampere() {
      return ampere;
    },
    set ampere(value) {
      send();
      ampere = value;
    },
    drop: (blocks) => {
      send();
      toDrop += blocks;
    },
    close: async () => {
      clearInterval(writing);
      await port.close();
    },
  };
}

/** Count, sum and sum of squares of a thousand codes with this mean. */
function sumsText(code: number): string {
  const [n, low] = [1000, Math.floor(code)];
  const above = Math.round((code - low) * n);
  return `${n} ${low * n + above} ${(n - above) * low ** 2 + above * (low + 1) ** 2}`;
}
