import type { BlockRecord, EdgeRecord } from '../contract/meter.js';
import { crc16 } from './crc16.js';

export interface HelloLine {
  readonly record: 'hello';
  readonly protocol: number;
  readonly block_us: number;
  readonly clock_hz: number;
}

export type MeterLine = HelloLine | Omit<BlockRecord, 'host_s'> | Omit<EdgeRecord, 'host_s'>;

const U16 = 2 ** 16;
const U32 = 2 ** 32;
const FULL_SCALE = 1023;

/**
 * One line of the firmware in stages/evaluate/firmware, without its line end.
 *
 * @returns null when it is damaged: another checksum, another form, or numbers that no block has.
 */
export function parseMeterLine(line: string): MeterLine | null {
  const match = /^([HBE]) ([ -)+-~]+)\*([0-9A-F]{4})$/.exec(line);
  if (match === null) return null;
  const [, kind = '', body = '', checksum = ''] = match;
  if (crc16(`${kind} ${body}`) !== Number.parseInt(checksum, 16)) return null;
  const words = body.split(' ');
  if (kind === 'H') {
    if (words[0] !== 'edgeline-meter') return null;
    words.shift();
  }
  const numbers = words.map((word) => (/^\d{1,10}$/.test(word) ? Number(word) : Number.NaN));
  if (numbers.some((value) => !(value < U32))) return null;
  if (kind === 'H') return hello(numbers);
  const [seq = U16] = numbers;
  if (seq >= U16) return null;
  return kind === 'B' ? block(numbers) : edge(numbers);
}

function hello(numbers: readonly number[]): HelloLine | null {
  const [protocol, block_us, clock_hz] = numbers;
  if (protocol === undefined || block_us === undefined || clock_hz === undefined) return null;
  return { record: 'hello', protocol, block_us, clock_hz };
}

function block(numbers: readonly number[]): Omit<BlockRecord, 'host_s'> | null {
  if (numbers.length !== 8) return null;
  const [seq = 0, t_us = 0, n0 = 0, sum0 = 0, squares0 = 0, n1 = 0, sum1 = 0, squares1 = 0] = numbers;
  const current = { n: n0, sum: sum0, squares: squares0 };
  const voltage = { n: n1, sum: sum1, squares: squares1 };
  for (const { n, sum, squares } of [current, voltage]) {
    // Also what a checksum lets through once in 65,536 times must be what an ADC can give.
    if (n === 0 || sum > n * FULL_SCALE || squares > sum * FULL_SCALE || squares * n < sum * sum) return null;
  }
  return { record: 'block', seq, t_us, current, voltage };
}

function edge(numbers: readonly number[]): Omit<EdgeRecord, 'host_s'> | null {
  const [seq = 0, t_us = 0, level] = numbers;
  if (numbers.length !== 3 || (level !== 0 && level !== 1)) return null;
  return { record: 'edge', seq, t_us, level };
}

/** Longer without a line end is no text of ours; what a port sends must not fill the memory. */
const LONGEST = 4096;

/** Cuts what arrives into lines, whatever the pieces. */
export class LineSplitter {
  #rest = '';

  push(piece: Buffer): string[] {
    // Latin-1 keeps every byte as one character, so that garbage stays as it came and the checksum sees bytes.
    const lines = (this.#rest + piece.toString('latin1')).split('\n');
    this.#rest = lines.pop() ?? '';
    if (this.#rest.length > LONGEST) {
      lines.push(this.#rest);
      this.#rest = '';
    }
    return lines.map((line) => line.replace(/\r$/, ''));
  }
}
