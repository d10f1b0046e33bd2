import { describe, expect, it } from 'vitest';
import { bytes, duration, figure, metricText, summaryFigures } from '../../../pipeline/ui/format.js';
import { RateMeter } from '../../../pipeline/ui/rate.js';
import { tableLines } from '../../../pipeline/ui/table.js';
import { displayWidth, oneLine, truncate, wrap } from '../../../pipeline/ui/text.js';

describe('text', () => {
  it('counts columns as terminals do', () => {
    expect(displayWidth('abc')).toBe(3);
    expect(displayWidth('\x1b[31mabc\x1b[39m')).toBe(3);
    expect(displayWidth('日本')).toBe(4);
    expect(displayWidth('e\u0301')).toBe(1);
    expect(displayWidth('👩‍👩‍👧')).toBe(2);
    expect(displayWidth('\u200b')).toBe(0);
  });

  it('cuts to a width and shows the cut', () => {
    expect(truncate('fine-tune', 9)).toBe('fine-tune');
    expect(truncate('fine-tune', 6)).toBe('fine-…');
    expect(displayWidth(truncate('日本語日本語', 6))).toBeLessThanOrEqual(6);
    expect(truncate('abc', 0)).toBe('');
  });

  it('makes anything a worker says safe to print', () => {
    expect(oneLine('a\r\n\tb\x1b[2J\x07 \u202ec')).toBe('a b c');
  });

  it('wraps at spaces and keeps the indentation', () => {
    expect(wrap('  one two three', 9, '    ')).toEqual(['  one two', '    three']);
    expect(wrap('averyveryverylongword', 5)).toEqual(['averyveryverylongword']);
  });
});

describe('figures', () => {
  it.each([
    [0, '0.0s'],
    [9.94, '9.9s'],
    [9.96, '10s'],
    [59.6, '1m00s'],
    [80, '1m20s'],
    [3599.7, '1h00m'],
    [7500, '2h05m'],
  ])('%d seconds are %s', (seconds, text) => {
    expect(duration(seconds)).toBe(text);
  });

  it('keeps three digits, and the units that a name gives', () => {
    expect([0.61492, 1e-5, 104.2, 6000, 0, Number.NaN].map(figure)).toEqual([
      '0.615',
      '1.0e-5',
      '104',
      '6,000',
      '0',
      'not a number',
    ]);
    expect(metricText('macro_f1', 0.6412)).toBe('macro-F1 0.641');
    expect(metricText('samples_per_s', 104.2)).toBe('104 samples/s');
    expect(metricText('model_bytes', 25_900_000)).toBe('model 25.9 MB');
    expect(bytes(999)).toBe('999 B');
    expect(bytes(999_950)).toBe('1 MB');
    expect(summaryFigures({ rows: 6000, list: [1], source: 'sample', b: true }, 3)).toEqual([
      'rows 6,000',
      'source sample',
    ]);
  });
});

describe('the rate meter', () => {
  it('knows nothing from one message', () => {
    const meter = new RateMeter();
    meter.add(0, 0, 100, 'rows');
    expect([meter.rate, meter.secondsLeft]).toEqual([null, null]);
  });

  it('follows a change of pace within its window', () => {
    const meter = new RateMeter();
    for (let second = 0; second <= 60; second += 1) meter.add(second * 1000, second * 10, 10_000, 'rows');
    expect(meter.rate).toBeCloseTo(10);
    for (let second = 61; second <= 120; second += 1)
      meter.add(second * 1000, 600 + (second - 60), 10_000, 'rows');
    expect(meter.rate).toBeCloseTo(1);
    expect(meter.secondsLeft).toBeCloseTo(9340);
  });

  it('takes a slow start for no pace', () => {
    const meter = new RateMeter();
    meter.add(0, 0, 200, 'steps');
    meter.add(12_000, 1, 200, 'steps');
    expect([meter.rate, meter.secondsLeft]).toEqual([null, null]);
    meter.add(13_000, 11, 200, 'steps');
    expect([meter.rate, meter.secondsLeft]).toEqual([10, 18.9]);
  });

  it('begins anew with a phase that counts from zero, and has no time left without a total', () => {
    const meter = new RateMeter();
    meter.add(0, 0, undefined, 'rows');
    meter.add(1000, 50, undefined, 'rows');
    expect([meter.rate, meter.secondsLeft]).toEqual([50, null]);
    meter.add(2000, 0, 10, 'steps');
    expect(meter.rate).toBeNull();
  });

  it('keeps the pace of work that stops half-way for something else, and counts such stops in', () => {
    const meter = new RateMeter();
    for (let second = 0; second <= 10; second += 1) meter.add(second * 1000, second * 10, 200, 'steps');
    expect(meter.secondsLeft).toBeCloseTo(10);
    meter.add(10_000, 0, 50, 'rows');
    expect(meter.secondsLeft).toBeCloseTo(10);
    meter.add(12_000, 20, 50, 'rows');
    expect([meter.rate, meter.secondsLeft]).toEqual([10, 3 + 10]);
    meter.add(15_000, 50, 50, 'rows');
    meter.add(15_000, 100, 200, 'steps');
    // 100 steps were interrupted for 5 s, and 100 are to come.
    expect([meter.rate, meter.secondsLeft]).toEqual([10, 10 + 5]);
    meter.add(16_000, 110, 200, 'steps');
    expect(meter.secondsLeft).toBeCloseTo(9 + 90 * (5 / 100));
  });

  it('does not wait for what was done, or had not begun, when something else came', () => {
    const meter = new RateMeter();
    meter.add(0, 0, 10, 'files');
    meter.add(1000, 10, 10, 'files');
    meter.add(1000, 0, 4, 'steps');
    meter.add(2000, 2, 4, 'steps');
    expect(meter.secondsLeft).toBeCloseTo(1);
    const idle = new RateMeter();
    idle.add(0, 0, 1000, 'steps');
    idle.add(1000, 0, 4, 'rows');
    idle.add(2000, 2, 4, 'rows');
    expect(idle.secondsLeft).toBeCloseTo(1);
  });
});

describe('tables', () => {
  const rows = [
    ['model', 'device', 'accuracy', 'median ms'],
    ['minilm-l3-with-a-long-name', 'local', '0.715 ± 0.004', '2.41'],
    ['minilm-l6', 'raspberry', '0.7', '12.1'],
  ];

  it('sets numbers to the right and cuts words, never numbers', () => {
    expect(tableLines(rows, 60).join('\n')).toMatchInlineSnapshot(`
      "model                    device          accuracy  median ms
      ───────────────────────  ─────────  ─────────────  ─────────
      minilm-l3-with-a-long-…  local      0.715 ± 0.004       2.41
      minilm-l6                raspberry            0.7       12.1"
    `);
    expect(tableLines(rows, 52).join('\n')).toMatchInlineSnapshot(`
      "model            device          accuracy  median ms
      ───────────────  ─────────  ─────────────  ─────────
      minilm-l3-with…  local      0.715 ± 0.004       2.41
      minilm-l6        raspberry            0.7       12.1"
    `);
  });

  it('becomes blocks where columns do not fit', () => {
    expect(tableLines(rows, 30).join('\n')).toMatchInlineSnapshot(`
      "model: minilm-l3-with-a-long-…
      device: local
      accuracy: 0.715 ± 0.004
      median ms: 2.41

      model: minilm-l6
      device: raspberry
      accuracy: 0.7
      median ms: 12.1"
    `);
  });

  it.each([20, 40, 60, 100])('fits %i columns', (width) => {
    for (const line of tableLines(rows, width)) expect(displayWidth(line)).toBeLessThanOrEqual(width);
  });

  it('draws nothing without rows', () => {
    expect(tableLines([], 80)).toEqual([]);
    expect(tableLines([['model']], 80)).toEqual([]);
  });
});
