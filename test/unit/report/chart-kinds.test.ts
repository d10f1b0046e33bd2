import { describe, expect, it } from 'vitest';
import {
  type BarChart,
  barChart,
  type PointChart,
  pointChart,
  type RadarChart,
  radarChart,
} from '../../../pipeline/report/chart.js';
import { ChartReader } from './chart-reader.js';

const common = { id: 'c', title: 'A chart', description: 'In words.', caption: 'A sentence.' };

describe('barChart', () => {
  const chart: BarChart = {
    ...common,
    value: { label: 'Energy (mJ)' },
    bars: [
      { name: 'fp32', group: 'tiny', value: 10, interval: [8, 12], style: 0 },
      { name: 'int8', group: 'tiny', value: null, style: 1 },
      { name: 'fp32', group: 'small', value: 20, style: 0, note: 'modelled' },
    ],
  };
  const read = (changes: Partial<BarChart> = {}) => new ChartReader(barChart({ ...chart, ...changes }));
  const widths = (reader: ChartReader) => reader.attribute('svg rect', 'width').map(Number);

  it('draws a bar for each known value, as long as it is large, and an interval over it', () => {
    const [first = 0, second = 0, ...others] = widths(read());
    expect(others).toEqual([]);
    expect(second / first).toBeCloseTo(2, 1);
    const [interval] = read().all('g[stroke-width="1.4"] line');
    const [from, to] = ['x1', 'x2'].map((end) => Number(interval?.getAttribute(end)));
    expect((to ?? 0) - (from ?? 0)).toBeCloseTo(0.4 * first, 0);
  });

  it('says names, groups, values, notes and what is not known', () => {
    const words = read().words();
    expect(words).toEqual(expect.arrayContaining(['tiny', 'small', 'int8', 'not known', '10.0', 'modelled']));
    expect(words.filter((word) => word === 'fp32')).toHaveLength(2);
  });

  it('starts at 0 and goes to the left below it', () => {
    const reader = read({
      bars: [
        { name: 'a', value: -5, style: 0 },
        { name: 'b', value: 5, style: 1 },
      ],
    });
    const [left = 0, right = 0] = reader.attribute('svg rect', 'x').map(Number);
    const [width = 0] = widths(reader);
    expect(left + width).toBeCloseTo(right, 1);
  });

  it('shows no 0 on a logarithmic axis, and says so', () => {
    const reader = read({
      value: { label: 'ms', type: 'log' },
      bars: [...chart.bars, { name: 'z', value: 0, style: 3 }],
    });
    expect(reader.count('svg rect')).toBe(2);
    expect(Math.min(...widths(reader))).toBeGreaterThan(10);
    expect(reader.caption()).toContain('1 value of 0 or less');
  });

  it('writes powers of ten far from 1 in short', () => {
    const bars = [1e-7, 5, 3e9].map((value, style) => ({ name: `${style}`, value, style }));
    const words = read({ value: { label: 'ms', type: 'log' }, bars }).words();
    expect(words.slice(0, 4)).toEqual(['1e-5', '1', '100,000', '1e10']);
  });

  it('writes values as it is told to', () => {
    expect(read({ format: (value) => `${value} mJ` }).words()).toContain('20 mJ');
  });

  it('shortens a long name in the middle and keeps the whole in the title and the data', () => {
    const name = 'organisation/a-model-with-a-long-name <b> int8';
    const reader = read({ bars: [{ name, value: 1, style: 0 }] });
    expect(reader.words()).toContain('organisatio…ame <b> int8');
    expect(reader.all('svg g title').map(({ textContent }) => textContent)).toContain(name);
    expect(reader.data()[1]).toBe(`,${name},1,,,`);
  });

  it('says that nothing is known', () => {
    expect(read({ bars: [{ name: 'a', value: null, style: 0 }] }).text).toContain('No values to draw.');
    expect(read({ bars: [] }).text).toContain('No values to draw.');
  });

  it('gives its values', () => {
    expect(read().data()).toEqual([
      'group,name,Energy (mJ),low,high,note',
      'tiny,fp32,10,8,12,',
      'tiny,int8,,,,',
      'small,fp32,20,,,modelled',
    ]);
  });
});

describe('pointChart', () => {
  const chart: PointChart = {
    ...common,
    x: { label: 'Latency (ms)' },
    y: { label: 'Macro-F1' },
    points: [
      { name: 'small', x: 1, y: 0.5, style: 0, xInterval: [0.5, 1.5], yInterval: [0.45, 0.55] },
      { name: 'large', x: 9, y: 0.9, style: 1, isEmphasized: true },
      { name: 'beaten', x: 8, y: 0.6, style: 2, isDimmed: true },
    ],
    steps: [
      [1, 0.5],
      [9, 0.9],
    ],
  };
  const read = (changes: Partial<PointChart> = {}) => new ChartReader(pointChart({ ...chart, ...changes }));
  const titles = (reader: ChartReader) => reader.all('svg g title').map(({ textContent }) => textContent);

  it('draws each point once with its name, those that are dimmed behind and grey', () => {
    const reader = read();
    expect(titles(reader)).toEqual(['beaten: 8.00, 0.600', 'small: 1.00, 0.500', 'large: 9.00, 0.900']);
    expect(reader.words()).toEqual(expect.arrayContaining(['small', 'large', 'beaten']));
    expect(reader.count('g[fill="var(--s2)"]')).toBe(0);
  });

  it('draws intervals both ways, and the front in steps', () => {
    const reader = read();
    expect(reader.count('line[stroke]')).toBe(2);
    const [front] = reader.attribute('g[stroke-dasharray="4 3"] path, path[stroke-dasharray="4 3"]', 'd');
    expect(front).toMatch(/^M[\d. ]+l[\d.]+ 0l0-[\d.]+$/);
  });

  it('never puts one name over another, and says how many have no room', () => {
    const points = Array.from({ length: 40 }, (_, index) => ({
      name: `point-${index}`,
      x: 5,
      y: 0.5,
      style: index,
    }));
    const reader = read({ points, steps: [] });
    const named = reader.words().filter((word) => word.startsWith('point-'));
    expect(named.length).toBeGreaterThan(0);
    expect(named.length).toBeLessThan(9);
    expect(reader.caption()).toContain(`${40 - named.length} points have no room for a name`);
    expect(titles(reader)).toHaveLength(40);
    expect(reader.data()).toHaveLength(41);
  });

  it('leaves out what is no number or outside of the axes, and says the latter', () => {
    const points = [...chart.points, { name: 'lost', x: Number.NaN, y: 1, style: 3 }];
    const reader = read({ points, x: { label: 'ms', maximum: 8.5 } });
    expect(titles(reader)).toHaveLength(2);
    expect(reader.caption()).toContain('1 point lies outside of the axes.');
    expect(reader.data()).toContain('lost,NaN,,,1,,');
  });

  it('shows no 0 on a logarithmic axis, and says so', () => {
    const points = [...chart.points, { name: 'none', x: 0, y: 0.7, style: 3 }];
    const reader = read({ points, x: { label: 'ms', type: 'log' } });
    expect(titles(reader)).toHaveLength(3);
    expect(reader.caption()).toContain('1 value of 0 or less');
  });

  it('draws an interval to the end of the axis where it goes beyond', () => {
    const points = [{ name: 'a', x: 10, y: 0.5, style: 0, xInterval: [0, 1e9] as const }];
    const reader = read({ points, steps: [], x: { label: 'ms', type: 'log', minimum: 1, maximum: 100 } });
    const ends = reader.all('g[stroke-width="1.2"] line, line[stroke="var(--s0)"]');
    expect(ends.map((line) => [line.getAttribute('x1'), line.getAttribute('x2')])).toEqual([['48', '360']]);
  });

  it('says that there is nothing to draw', () => {
    expect(read({ points: [] }).text).toContain('No values to draw.');
  });
});

describe('radarChart', () => {
  const chart: RadarChart = {
    ...common,
    axes: ['Accuracy', 'Speed', 'Size', 'Energy'],
    shapes: [
      { name: 'fp32', style: 0, values: [1, 0.5, 0, 1] },
      { name: 'int8', style: 1, values: [0.5, null, 1, 1] },
    ],
  };
  const read = (changes: Partial<RadarChart> = {}) => new ChartReader(radarChart({ ...chart, ...changes }));
  const outline = (reader: ChartReader, style: number) =>
    reader.attribute(`svg[role="img"] g[stroke="var(--s${style})"] path`, 'd')[0] ?? '';

  it('closes the outline, but never over a value that is not known', () => {
    const reader = read();
    expect(outline(reader, 0).match(/[Ml]/g)).toEqual(['M', 'l', 'l', 'l', 'l']);
    expect(outline(reader, 1)).toMatch(/^M[^M]*z?M[^M]*$/);
    expect(reader.count('svg[role="img"] g title')).toBe(7);
  });

  it('puts the first axis upwards and the others clockwise', () => {
    const [top = '', ...edges] = outline(
      read({ shapes: [{ name: 'a', style: 0, values: [1, 1, 1, 1] }] }),
      0,
    ).split('l');
    expect(top).toBe('M190 34.6');
    expect(edges.map((edge) => edge.match(/-?[\d.]+/g)?.map(Number))).toEqual([
      [115.4, 115.4],
      [-115.4, 115.4],
      [-115.4, -115.4],
      [115.4, -115.4],
    ]);
  });

  it('names axes and shapes, and gives the values', () => {
    const reader = read();
    expect(reader.words()).toEqual(expect.arrayContaining(['Accuracy', 'Speed', 'Size', 'Energy']));
    expect(reader.legend()).toEqual(['fp32', 'int8']);
    expect(reader.data()).toEqual(['name,Accuracy,Speed,Size,Energy', 'fp32,1,0.5,0,1', 'int8,0.5,,1,1']);
  });

  it('says that there is nothing to draw', () => {
    expect(read({ shapes: [{ name: 'a', style: 0, values: [null, null, null, null] }] }).text).toContain(
      'No values to draw.',
    );
  });
});

describe('all charts', () => {
  it('show hostile names as text', () => {
    const name = '<script>alert(1)</script>"\u202e';
    const figures = [
      barChart({
        ...common,
        value: { label: name },
        bars: [{ name, group: name, value: 1, style: 0, note: name }],
      }),
      pointChart({
        ...common,
        x: { label: name },
        y: { label: name },
        points: [{ name, x: 1, y: 1, style: 0 }],
      }),
      radarChart({ ...common, axes: [name, name, name], shapes: [{ name, style: 0, values: [1, 1, 1] }] }),
    ];
    for (const { text } of figures) {
      expect(text).not.toContain('<script');
      expect(text).not.toContain('\u202e');
      expect(text).toContain('&lt;script&gt;');
    }
  });
});
