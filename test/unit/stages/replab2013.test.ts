import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { treeDigest } from '../../../datasets/tree-digest.js';
import { definition as clean } from '../../../stages/clean/definition.js';
import { run as runClean } from '../../../stages/clean/worker.js';
import { definition as fetch } from '../../../stages/fetch/definition.js';
import { run as runFetch } from '../../../stages/fetch/worker.js';
import { definition as split } from '../../../stages/split/definition.js';
import { run as runSplit } from '../../../stages/split/worker.js';
import { stageContext, type TestStage } from './stage-context.js';

const REPLAB = '../shared/data/replab2013';

function card(stage: TestStage) {
  return JSON.parse(readFileSync(stage.outputs.card ?? '', 'utf8'));
}

describe.skipIf(!existsSync(REPLAB))(
  'fetch, clean and split on the real RepLab 2013 (needs ../shared)',
  () => {
    // 142,519 labelled rows of 64 MB and as many texts: some 10 s on two busy cores, and worth it.
    it('give the counts that are known of it', { timeout: 120_000 }, async () => {
      const fetched = stageContext(fetch, {
        options: { source: 'replab2013' },
        external: {
          package: `${REPLAB}/official`,
          'texts-1': `${REPLAB}/texts`,
          source: 'datasets/replab2013.source.yaml',
        },
      });
      expect(await runFetch(fetched.context)).toMatchObject({
        ok: true,
        value: { rows: 142_517, dropped: 2 },
      });
      expect(card(fetched)).toMatchObject({
        rows: { training: 45_669, test: 96_848 },
        joined: {
          training: { labelled: 45_671, empty_texts: 1130, repeated_texts: 125, not_utf8_lines: 529 },
          test: { labelled: 96_848, empty_texts: 3552, repeated_texts: 5, texts_without_row: 7042 },
        },
        dropped: [
          {
            reason: 'shifted-columns',
            count: 2,
            examples: [
              { file: 'training/labeled/RL2013D04E169.dat', line: 845, id: '216287162696605696' },
              { file: 'training/labeled/RL2013D04E169.dat', line: 846, id: '218086720443400192' },
            ],
          },
        ],
      });
      expect(card(fetched).entities_without_text.test).toHaveLength(12);
      expect(card(fetched).official.different).toEqual([]);
      const gold = (file: string, rows: number, without = 0) => ({
        ...{ file, rows, agreeing: rows - without, differing: 0, without_label: without, malformed: 0 },
      });
      expect(card(fetched).goldstandard).toEqual([
        gold('training/goldstandard/goldstandard_filtering.dat', 45_671, 2),
        gold('training/goldstandard/goldstandard_polarity.dat', 34_874, 2),
        gold('test/goldstandard/goldstandard_polarity.dat', 75_470),
        gold('test/goldstandard_official_replab2013/goldstandard_polarity.dat', 70_412),
      ]);

      const rules = { rules: 'light', language: 'EN' };
      const inputs = { rows: fetched.outputs.rows ?? '', fetched: fetched.outputs.card ?? '' };
      const cleaned = stageContext(clean, { options: rules, inputs });
      expect(await runClean(cleaned.context)).toMatchObject({
        ok: true,
        value: { training: 26_822, test: 47_390 },
      });
      const { buckets, entities, leaks, labels } = card(cleaned);
      const eligible = (part: 'training' | 'test'): number =>
        buckets[part].used + buckets[part]['no-text'] + buckets[part]['empty-after-cleaning'];
      expect([eligible('training'), eligible('test')]).toEqual([27_520, 58_568]);
      expect(buckets.test).toMatchObject({ 'empty-after-cleaning': 0, 'duplicate-row': 0, 'no-polarity': 0 });
      const sum = (counts: Record<string, number>): number =>
        Object.values(counts).reduce((a, b) => a + b, 0);
      expect([sum(buckets.training), sum(buckets.test)]).toEqual([45_671, 96_848]);
      expect(entities).toEqual({ training: 61, test: 49 });
      expect(leaks.exact).toBe(119);
      expect(labels.test).toEqual({ NEGATIVE: 5281, NEUTRAL: 14_478, POSITIVE: 27_631 });

      const parts = stageContext(split, {
        options: { validation_fraction: 0.1, seed: 1 },
        inputs: { tweets: cleaned.outputs.tweets ?? '' },
      });
      expect(await runSplit(parts.context)).toMatchObject({ ok: true, value: { test: 47_390 } });
      expect(card(parts).counts.validation).toEqual({ NEGATIVE: 355, NEUTRAL: 731, POSITIVE: 1596 });
    });

    it('is the package that datasets/replab2013.source.yaml describes', () => {
      const { digest, files } = treeDigest(`${REPLAB}/official`);
      const description = readFileSync('datasets/replab2013.source.yaml', 'utf8');
      expect(description).toContain(digest);
      expect(description).toContain(`files: ${files}`);
    });
  },
);
