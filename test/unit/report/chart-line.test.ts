import { describe, expect, it } from 'vitest';
import { type LineChart, lineChart } from '../../../pipeline/report/chart.js';
import { ChartReader } from './chart-reader.js';

const chart: LineChart = {
  id: 'c',
  title: 'A <chart>',
  description: 'From 1 to 4.',
  caption: 'It rises.',
  x: { label: 'Time (s)', minimum: 0, maximum: 10 },
  y: { label: 'Use (%)', minimum: 0, maximum: 100 },
  series: [
    {
      name: 'a',
      style: 0,
      points: [
        [0, 0],
        [2.5, 25],
        [5, Number.NaN],
        [7.5, 75],
        [10, 100],
      ],
    },
    { name: 'b', style: 1, points: [[5, 50]] },
  ],
  bands: [
    { name: 'before', from: -5, to: 2, style: 'shaded' },
    { name: 'during', from: 2, to: 10, style: 'plain' },
  ],
};

const read = (changes: Partial<LineChart> = {}) => new ChartReader(lineChart({ ...chart, ...changes }));
const LINES = 'svg[role="img"] g[clip-path] g path';

describe('lineChart', () => {
  it('maps values to the frame, to a tenth of a pixel, and lifts the pen over a gap', () => {
    expect(read().attribute(LINES, 'd')[0]).toBe('M48 180l78-40.5M282 58.5l78-40.5');
  });

  it('has a text alternative and nothing else that a screen reader would read out of the drawing', () => {
    const reader = read();
    expect(reader.text).toContain('<title id="c-title">A &lt;chart&gt;, line chart over Time (s)</title>');
    expect(reader.text).toContain('<desc id="c-description">From 1 to 4.</desc>');
    expect(reader.count('svg[role="img"] [aria-label]')).toBe(0);
    expect(reader.count('style')).toBe(0);
  });

  it('names its axes, series and shaded bands, and says its sentence', () => {
    const reader = read();
    expect(reader.words()).toEqual(expect.arrayContaining(['0', '100', 'before', 'during']));
    expect(reader.all('.x-label, .y-label').map(({ textContent }) => textContent)).toEqual([
      'Use (%)',
      'Time (s)',
    ]);
    expect(reader.legend()).toEqual(['a', 'b', 'shaded: before']);
    expect(reader.caption()).toBe('It rises. Data (CSV)');
  });

  it('cuts a band at the frame, and leaves out a name that has no room', () => {
    const narrow = read({ bands: [{ name: 'before', from: -5, to: 0.5, style: 'shaded' }] });
    expect(narrow.attribute('svg[role="img"] > g > rect', 'width')).toEqual(['15.6']);
    expect(narrow.words()).not.toContain('before');
    expect(narrow.legend()).toContain('shaded: before');
  });

  it('tells series apart by more than colour', () => {
    const points = [
      [0, 1],
      [1, 2],
    ] as const;
    const series = Array.from({ length: 8 }, (_, style) => ({
      name: `${style}`,
      style,
      points,
      markers: true,
    }));
    const reader = read({ series, bands: [] });
    const lines = reader.all('svg[role="img"] g[clip-path] > g[stroke]');
    const dashes = lines.map((line) => line.getAttribute('stroke-dasharray'));
    expect(dashes).toHaveLength(8);
    expect(new Set(dashes).size).toBe(8);
    expect(lines.map((line) => line.getAttribute('stroke'))).toEqual(
      series.map(({ style }) => `var(--s${style})`),
    );
    expect(new Set(reader.all('.swatch').map(({ innerHTML }) => innerHTML)).size).toBe(8);
  });

  it('marks each point where asked to, a lonely one always, and says its values', () => {
    expect(
      read()
        .all('svg[role="img"] g title')
        .map(({ textContent }) => textContent),
    ).toEqual(['b: 5, 50']);
    const [first] = chart.series;
    const marked = read({ series: first === undefined ? [] : [{ ...first, markers: true }] });
    expect(marked.count('svg[role="img"] circle')).toBe(4);
  });

  it('leaves raw values behind a mean out of the legend', () => {
    const [first] = chart.series;
    const raw = first === undefined ? [] : [{ ...first, name: 'raw', isBackground: true }];
    expect(read({ series: [...raw, ...chart.series], bands: [] }).legend()).toEqual(['a', 'b']);
  });

  it('shows no 0 on a logarithmic axis, and says so', () => {
    const reader = read({
      x: { label: 'Batch', type: 'log' },
      y: { label: 'Throughput', type: 'log' },
      bands: [],
      series: [
        {
          name: 'a',
          style: 0,
          points: [
            [1, 10],
            [10, 0],
            [100, 1000],
          ],
        },
      ],
    });
    expect(reader.attribute(LINES, 'd')).toEqual(['M48 180zM360 18z']);
    expect(reader.words()).toEqual(['10', '100', '1,000', '1', '10', '100']);
    expect(reader.caption()).toContain('1 value of 0 or less has no place on a logarithmic axis.');
  });

  it('says that there is nothing to draw', () => {
    const reader = read({ series: [{ name: 'a', style: 0, points: [[1, Number.NaN]] }] });
    expect(reader.text).toContain('No values to draw.');
    expect(reader.count('svg')).toBe(0);
  });

  it('gives its values with all digits', () => {
    const reader = read({
      series: [{ name: '=1+1', style: 0, points: [[0.1 + 0.2, Number.NaN]] }, ...chart.series],
    });
    expect(reader.data().slice(0, 3)).toEqual([
      'series,Time (s),Use (%)',
      "'=1+1,0.30000000000000004,NaN",
      'a,0,0',
    ]);
    expect(reader.attribute('figcaption a', 'download')).toEqual(['c.csv']);
  });

  it('links to a file beside the page instead, where told to', () => {
    const reader = read({ data: { href: 'report.json', text: 'Data: telemetry[0] of report.json' } });
    expect(reader.attribute('figcaption a', 'href')).toEqual(['report.json']);
    expect(reader.text).not.toContain('text/csv');
  });

  it('shows hostile names as text', () => {
    const name = '<script>alert(1)</script>"\u202e';
    const { text } = read({
      title: name,
      x: { label: name },
      series: [{ name, style: 0, points: [[1, 2]] }],
      bands: [{ name, from: 0, to: 2, style: 'shaded' }],
    });
    expect(text).not.toContain('<script');
    expect(text).not.toContain('\u202e');
  });

  it('gives equal bytes for equal charts, whatever was drawn before', () => {
    const first = lineChart(chart).text;
    lineChart({ ...chart, id: 'other' });
    expect(lineChart(chart).text).toBe(first);
    expect(first).not.toContain('plot-');
  });
});
