import { describe, expect, it } from 'vitest';
import { LineSplitter, TextCollector } from '../../../pipeline/devices/output-collector.js';

const linesOf = (text: string, size: number): string[] => {
  const lines: string[] = [];
  const splitter = new LineSplitter((line) => lines.push(line));
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) splitter.write(bytes.subarray(at, at + size));
  splitter.end();
  return lines;
};

describe('LineSplitter', () => {
  it.each([1, 2, 3, 5, 100])('finds the same lines in chunks of %i bytes', (size) => {
    expect(linesOf('one\n\nzwei ü 🍓\nlast', size)).toEqual(['one', '', 'zwei ü 🍓', 'last']);
  });
  it('has no line after a last line feed', () => {
    expect(linesOf('one\n', 10)).toEqual(['one']);
    expect(linesOf('', 10)).toEqual([]);
  });
});

describe('TextCollector', () => {
  it('keeps all of it, characters cut by a chunk included', () => {
    const collector = new TextCollector('all');
    for (const byte of Buffer.from('🍓ü')) collector.write(Buffer.from([byte]));
    expect(collector.text()).toBe('🍓ü');
  });
  it('keeps only the end where that is enough', () => {
    const collector = new TextCollector('tail');
    for (let index = 0; index < 50; index += 1) collector.write(Buffer.from(`${'x'.repeat(10_000)}\n`));
    collector.write(Buffer.from('the end'));
    expect(collector.text().length).toBeLessThanOrEqual(64 * 1024);
    expect(collector.text().endsWith('the end')).toBe(true);
  });
});
