import { describe, expect, it } from 'vitest';
import { Continuity } from '../../../pipeline/power/continuity.js';
import { powerSeries } from '../../../pipeline/power/power-series.js';
import { block, codes, recording } from './blocks.js';

describe('counting on', () => {
  it('goes over the ends of sequence and clock', () => {
    const continuity = new Continuity(10_000);
    let missing = 0;
    let t_s = 0;
    // Three hours: the clock begins again twice, the sequence sixteen times.
    for (let index = 0; index < 1_080_000; index += 1) {
      const { seq, t_us, host_s } = {
        seq: index % 65_536,
        t_us: ((index + 1) * 10_000) % 2 ** 32,
        host_s: index / 100,
      };
      const place = continuity.place(seq, t_us, host_s);
      missing += place.missing;
      t_s = place.t_s;
    }
    expect(missing).toBe(0);
    expect(t_s).toBeCloseTo(10_800, 6);
  });

  it.each([1, 7, 65_535, 65_536, 70_000, 500_000])('counts %i missing blocks', (lost) => {
    const continuity = new Continuity(10_000);
    const place = (index: number) =>
      continuity.place(index % 65_536, (index * 10_000) % 2 ** 32, 5 + index / 100);
    place(65_000);
    expect(place(65_001 + lost)).toMatchObject({ missing: lost, restarted: false });
    expect(place(65_002 + lost)).toMatchObject({ missing: 0 });
  });

  it('notices a meter that began anew', () => {
    const continuity = new Continuity(10_000);
    continuity.place(500, 5_000_000, 100);
    expect(continuity.place(0, 20_000, 103)).toMatchObject({ restarted: true, missing: 0, t_s: 8 });
  });

  it('leaves gaps where blocks are missing', () => {
    const blocks = [0, 1, 2, 5, 6].map((index) => block(index, ...codes(0.6, 5)));
    const series = powerSeries(recording(blocks), null);
    expect(series.ok && series.value.dropped).toBe(2);
    expect(series.ok && series.value.gaps).toEqual([
      { from_s: expect.closeTo(0.025), to_s: expect.closeTo(0.055), missing: 2, restarted: false },
    ]);
    expect(series.ok && series.value.samples[0]).toMatchObject({
      t_s: expect.closeTo(0.005),
      power_w: expect.closeTo(3, 3),
    });
  });

  it('puts edges on the clock of the blocks, also over its end', () => {
    const start = 429_490;
    const blocks = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((index) => block(start + index, ...codes(0.6, 5)));
    const [first, last] = [blocks[0], blocks[9]];
    const edge = (t_us: number, host_s: number) =>
      ({ record: 'edge', seq: 0, t_us: t_us % 2 ** 32, host_s, level: 1 }) as const;
    const edges = [
      edge((start + 4) * 10_000 + 1234, (first?.host_s ?? 0) + 0.035),
      // Told after a block that was closed later.
      edge((start + 9) * 10_000 + 5000, last?.host_s ?? 0),
    ];
    const series = powerSeries({ ...recording(blocks), edges }, null);
    const base = (start + 1) / 100 - ((start + 1) / 100 - (first?.t_us ?? 0) / 1e6);
    const at = series.ok ? series.value.edges.map(({ t_s }) => t_s - base) : [];
    expect(at).toEqual([expect.closeTo(0.031_234, 6), expect.closeTo(0.085, 6)]);
  });
});
