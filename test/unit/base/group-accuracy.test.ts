import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { groupAccuracy } from '../../../pipeline/base/group-accuracy.js';

const PACKAGE = '../shared/data/replab2013/official/test';

describe('groupAccuracy', () => {
  it('counts each group the same, however many rows it has', () => {
    const groups = ['a', 'b', 'b', 'b', 'b'];
    expect(groupAccuracy(groups, [0, 1, 1, 1, 1], [0, 1, 0, 0, 0])).toBe((1 + 1 / 4) / 2);
  });

  it('takes a row without an answer as wrong', () => {
    expect(groupAccuracy(['a', 'b', 'b'], [0, 0, 1], [0, 0])).toBe((1 + 1 / 2) / 2);
    expect(groupAccuracy(['a', 'b'], [0, 0], [undefined, 0])).toBe(1 / 2);
  });

  it('says nothing of one group', () => {
    expect(groupAccuracy(['a', 'a'], [0, 1], [0, 1])).toBeNull();
    expect(groupAccuracy([], [], [])).toBeNull();
  });

  describe.skipIf(!existsSync(PACKAGE))('on the gold standards of RepLab 2013 (needs ../shared)', () => {
    it.each([
      ['goldstandard_official_replab2013', 0.577],
      ['goldstandard', 0.576],
    ])('gives always POSITIVE what the organisers give it: %s', (folder, expected) => {
      const [, ...rows] = readFileSync(`${PACKAGE}/${folder}/goldstandard_polarity.dat`, 'utf8')
        .trimEnd()
        .split(/\r?\n/)
        .map((line) => line.split('\t').map((field) => field.replaceAll('"', '')));
      const labels = ['NEGATIVE', 'NEUTRAL', 'POSITIVE'];
      const truth = rows.map(([, , label = '']) => labels.indexOf(label));
      const groups = rows.map(([entity = '']) => entity);
      const positive =
        groupAccuracy(
          groups,
          truth,
          truth.map(() => 2),
        ) ?? 0;
      expect(new Set(groups).size).toBe(61);
      expect(Math.round(positive * 1000) / 1000).toBe(expected);
      // The last entity's answers are missing: it counts, as 0.
      const answered = rows.filter(([entity]) => entity !== groups.at(-1)).length;
      const partly =
        groupAccuracy(
          groups,
          truth,
          truth.map((_, row) => (row < answered ? 2 : undefined)),
        ) ?? 0;
      expect(partly).toBeLessThan(positive);
      expect(partly * 61).toBeGreaterThan(positive * 61 - 1);
    });
  });
});
