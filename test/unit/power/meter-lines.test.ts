import { describe, expect, it } from 'vitest';
import { crc16 } from '../../../pipeline/power/crc16.js';
import { LineSplitter, parseMeterLine } from '../../../pipeline/power/meter-lines.js';
import { line } from './blocks.js';

// From the firmware in simavr.
const BLOCK = 'B 596 5970816 46 24394 12936262 46 23761 12273661*6548';

describe('lines of the meter', () => {
  it('have the checksum of XMODEM', () => {
    // The check value that catalogues of CRCs give.
    expect(crc16('123456789')).toBe(0x31c3);
  });

  it('are read as the firmware writes them', () => {
    expect(parseMeterLine(BLOCK)).toEqual({
      record: 'block',
      seq: 596,
      t_us: 5_970_816,
      current: { n: 46, sum: 24_394, squares: 12_936_262 },
      voltage: { n: 46, sum: 23_761, squares: 12_273_661 },
    });
    expect(parseMeterLine('E 0 1999832 1*9588')).toEqual({
      record: 'edge',
      seq: 0,
      t_us: 1_999_832,
      level: 1,
    });
    expect(parseMeterLine('H edgeline-meter 1 10000 16000000*4DE3')).toEqual({
      record: 'hello',
      protocol: 1,
      block_us: 10_000,
      clock_hz: 16_000_000,
    });
  });

  it('are damaged by any other byte in them', () => {
    for (let index = 0; index < BLOCK.length; index += 1) {
      for (const bit of [1, 2, 4, 8, 16, 32, 64, 128]) {
        const flipped = String.fromCharCode(BLOCK.charCodeAt(index) ^ bit);
        const damaged = BLOCK.slice(0, index) + flipped + BLOCK.slice(index + 1);
        expect(parseMeterLine(damaged), damaged).toBeNull();
      }
      expect(parseMeterLine(BLOCK.slice(0, index))).toBeNull();
      expect(parseMeterLine(BLOCK.slice(index + 1))).toBeNull();
    }
  });

  it.each([
    ['a sequence of 17 bits', 'B 65536 1 46 24394 12936262 46 23761 12273661'],
    ['a time of 33 bits', 'B 1 4294967296 46 24394 12936262 46 23761 12273661'],
    ['no conversions', 'B 1 1 0 0 0 46 23761 12273661'],
    ['codes above full scale', 'B 1 1 46 48000 50000000 46 23761 12273661'],
    ['squares below the mean', 'B 1 1 46 24394 1293626 46 23761 12273661'],
    ['a number too few', 'B 1 1 46 24394 12936262 46 23761'],
    ['a level of 2', 'E 1 1 2'],
    ['another program', 'H blink 1 10000 16000000'],
    ['a fraction', 'E 1 1.5 1'],
  ])('are none of ours with %s, whatever the checksum', (_, body) => {
    expect(parseMeterLine(line(body))).toBeNull();
  });

  it('come whole out of pieces of any size', () => {
    const bytes = Buffer.from(`${BLOCK}\r\nx\xff\n${BLOCK}\n`, 'latin1');
    for (let size = 1; size < bytes.length; size += 1) {
      const splitter = new LineSplitter();
      const lines: string[] = [];
      for (let start = 0; start < bytes.length; start += size) {
        lines.push(...splitter.push(bytes.subarray(start, start + size)));
      }
      expect(lines).toEqual([BLOCK, 'x\xff', BLOCK]);
    }
  });

  it('do not fill the memory where no line ends', () => {
    const splitter = new LineSplitter();
    const lines = Array.from({ length: 100 }, () => splitter.push(Buffer.alloc(1000, 65))).flat();
    expect(lines.length).toBeGreaterThan(10);
  });
});
