import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { generateSample, SEED } from '../../../datasets/generate-sample.js';
import { Random } from '../../../datasets/generator/random.js';
import { makeRows } from '../../../datasets/generator/tweets.js';
import { treeDigest } from '../../../datasets/tree-digest.js';
import { temporaryFolder } from '../stages/stage-context.js';

const COMMITTED = 'datasets/sample';

function files(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => statSync(join(folder, path)).isFile() && /^(official|texts)\//.test(path))
    .sort();
}

describe('the sample', () => {
  const fresh = temporaryFolder();
  beforeAll(() => generateSample(fresh));

  it('is what the generator makes, byte for byte', () => {
    expect(files(COMMITTED)).toEqual(files(fresh));
    const different = files(fresh).filter(
      (path) => !readFileSync(join(fresh, path)).equals(readFileSync(join(COMMITTED, path))),
    );
    expect(different).toEqual([]);
  });

  it('has the digest that its description states', () => {
    const description = readFileSync('datasets/sample.source.yaml', 'utf8');
    for (const part of ['official', 'texts']) {
      expect(description).toContain(treeDigest(join(COMMITTED, part)).digest);
    }
  });

  it('names every oddity of the real package at least once', () => {
    const read = (path: string): Buffer => readFileSync(join(COMMITTED, path));
    const all = files(COMMITTED).map((path) => ({ path, bytes: read(path) }));
    const text = all.map(({ bytes }) => bytes.toString('utf8')).join('\n');
    expect(all.some(({ bytes }) => bytes.subarray(0, 3).toString('hex') === 'efbbbf')).toBe(true);
    expect(all.some(({ bytes }) => bytes.includes('\r\n'))).toBe(true);
    expect(all.some(({ bytes }) => bytes.toString('utf8').includes('\uFFFD'))).toBe(true);
    for (const trait of [
      /&amp;/,
      /&amp;amp;/,
      /""/,
      /\u200B/,
      /\u00A0/,
      /👨‍👩‍👧/u,
      /\uE415/,
      /"RELATED"\t"RELATED"/,
      /\t""\n/,
      /"ES"/,
    ]) {
      expect(text).toMatch(trait);
    }
  });
});

describe('the rows of the sample', () => {
  const rows = makeRows(new Random(SEED));
  const scored = rows.filter(
    ({ language, polarity, text }) => language === 'EN' && polarity !== null && text !== '',
  );

  it('are about 6,000, of which over 3,000 can be used, 55 to 45', () => {
    expect(rows.length).toBeGreaterThan(5800);
    expect(rows.length).toBeLessThan(6300);
    expect(scored.length).toBeGreaterThan(3000);
    const training = scored.filter(({ split }) => split === 'training').length;
    expect(training / scored.length).toBeCloseTo(0.55, 1);
    expect(new Set(scored.map(({ text }) => text)).size).toBeGreaterThan(3000);
  });

  it('have ids beyond what a double can hold', () => {
    for (const { id } of rows) expect(BigInt(id)).toBeGreaterThan(BigInt(Number.MAX_SAFE_INTEGER));
  });

  it('cannot be told apart perfectly: whoever reads all that can be read scores about 0.9', () => {
    const test = scored.filter(({ split }) => split === 'test');
    const right = test.filter(({ told, entity, polarity }) => {
      const likeliest = Object.entries(entity.polarity).sort(([, a], [, b]) => b - a)[0]?.[0];
      return (told ?? likeliest) === polarity;
    });
    const best = right.length / test.length;
    expect(best).toBeGreaterThan(0.87);
    expect(best).toBeLessThan(0.93);
  });
});
