import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Line, LONGEST_LINE, readLines } from '../../../../stages/fetch/read-lines.js';
import { temporaryFolder } from '../stage-context.js';

async function linesOf(bytes: Buffer): Promise<readonly Line[]> {
  const path = join(temporaryFolder(), 'lines');
  writeFileSync(path, bytes);
  const lines: Line[] = [];
  for await (const batch of readLines(path)) lines.push(...batch);
  return lines;
}

describe('readLines', () => {
  it('takes a byte-order mark, CRLF, LF, blank lines and a last line without an end', async () => {
    const lines = await linesOf(Buffer.from('\uFEFFone\r\n\ntwo\n\r\nthr\uFEFFee'));
    expect(lines).toEqual([
      { text: 'one', number: 1, utf8: true },
      { text: 'two', number: 3, utf8: true },
      { text: 'thr\uFEFFee', number: 5, utf8: true },
    ]);
  });

  it('does not end lines where only Unicode does', async () => {
    const text = 'a\u2028b\u2029c\u0085d\u000Be';
    expect(await linesOf(Buffer.from(text))).toEqual([{ text, number: 1, utf8: true }]);
  });

  it('reads lines that are no UTF-8 as Windows-1252, and only those', async () => {
    const bytes = Buffer.concat([
      Buffer.from('niño\n'),
      Buffer.from([0x64, 0x92, 0x45, 0xe9, 0x0a]),
      Buffer.from('café'),
    ]);
    expect(await linesOf(bytes)).toEqual([
      { text: 'niño', number: 1, utf8: true },
      { text: 'd\u2019Eé', number: 2, utf8: false },
      { text: 'café', number: 3, utf8: true },
    ]);
  });

  it('joins what the pieces of a long file cut, characters of several bytes included', async () => {
    const long = Array.from({ length: 60_000 }, (_, index) => `${index} 👨‍👩‍👧 ñandú`);
    const lines = await linesOf(Buffer.from(long.join('\n')));
    expect(lines.map(({ text }) => text)).toEqual(long);
    expect(lines.every(({ number }, index) => number === index + 1)).toBe(true);
  });

  it('steps over a line that is longer than any row, and keeps little of it', async () => {
    const path = join(temporaryFolder(), 'long');
    writeFileSync(path, 'first\n');
    const piece = Buffer.alloc(1 << 24, 'x');
    for (let written = 0; written < 200; written += 16) appendFileSync(path, piece);
    appendFileSync(path, `\n${'y'.repeat(LONGEST_LINE + 1)}\nlast`);
    const before = process.memoryUsage().arrayBuffers;
    const lines: Line[] = [];
    let most = 0;
    for await (const batch of readLines(path)) {
      lines.push(...batch);
      most = Math.max(most, process.memoryUsage().arrayBuffers - before);
    }
    expect(lines).toEqual([
      { text: 'first', number: 1, utf8: true },
      { text: '', number: 2, utf8: true, tooLong: true },
      { text: '', number: 3, utf8: true, tooLong: true },
      { text: 'last', number: 4, utf8: true },
    ]);
    // A line of 208 MB was read. Pieces that were let go are counted until they are collected.
    expect(most).toBeLessThan(250_000_000);
  });

  it('yields nothing for an empty file', async () => {
    expect(await linesOf(Buffer.alloc(0))).toEqual([]);
  });
});
