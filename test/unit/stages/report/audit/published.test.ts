import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { auditTables } from '../../../../../stages/report/audit/audit.js';
import { type Tables, tablesSchema } from '../../../../../stages/report/audit/tables-schema.js';
import { INSTALLATION } from '../../../../rig/pipeline-rig.js';

const text = readFileSync(join(INSTALLATION, 'stages', 'report', 'paper', 'tables.json'), 'utf8');
const published = (): Tables => tablesSchema.parse(JSON.parse(text));
const audit = auditTables(published());
const found = (id: string) => audit.findings.find((finding) => finding.id === id);

describe("the audit of the paper's tables", () => {
  it('counts the tweets that the paper does not state', () => {
    expect(audit.inferences?.map(Math.round)).toEqual([38_982, 38_984]);
  });

  it.each([
    ['power-unit', 'certain', 3848.44, 0.01275],
    ['run-time-rpi3bplus-16', 'certain', 44_999, 54_999],
    ['seconds-per-inference-rpi3bplus-32', 'certain', 1.42, 1.42864],
    ['seconds-per-inference-rpi4b-16', 'certain', 0.6, 0.611774],
    ['throughput-claim-rpi3b-8', 'certain', 1, 0.943396],
    ['slow-down-claim-rpi4b-8-bert-large', 'certain', 1.15, 1.27172],
    ['size-ratio-copies-bert-large', 'likely', 160, 52.4415],
    ['impossible-spread-32-accuracy', 'likely', 0.0031, 0.00475],
    ['implied-power-rpi3b', 'certain', 2919.8, 45.115],
  ])('%s, %s: %d is stated, %d recomputed', (id, confidence, stated, recomputed) => {
    expect(found(id)).toMatchObject({
      confidence,
      stated: { value: stated },
      recomputed: { value: recomputed },
    });
  });

  it.each([
    ['flops-constant-over-time', 'likely'],
    ['index-direction-rer', 'certain'],
    ['index-counts-time-twice-si', 'likely'],
    ['power-per-inference-unit', 'certain'],
    ['equation-unit-current', 'certain'],
    ['clock-ratio-rpi3bplus-16', 'likely'],
    ['spread-unlike-others-16-accuracy', 'possible'],
  ])('%s, %s', (id, confidence) => {
    expect(found(id)?.confidence).toBe(confidence);
  });

  it('says which claims nothing confirms', () => {
    expect(audit.not_checked).toEqual([
      'claims.accuracy_drop_percent: nothing in these tables confirms or refutes 4.1.',
    ]);
  });

  it('takes back what was put right: the size ratio, the claims, the spread, the index', () => {
    const tables = published();
    const table3 = tables.table3?.map((row) => (row.bits === 32 ? { ...row, accuracy_pm: 0.0069 } : row));
    const claims = {
      ...tables.claims,
      size_reduction_vs_bert_large: 52,
      slowdown_vs_bert_large_desktop_fastest: 1.27,
      min_tweets_per_second_8bit_all_devices: 0.94,
    };
    const equations = { ...tables.equations, RER: '1 / (Energy_tot * CPU% * MEM%)' };
    const rules = auditTables({ ...tables, table3, claims, equations }).findings.map(({ rule }) => rule);
    const right = [/^size-ratio/, /-claim$/, /^impossible-spread$/, /^index-direction$/];
    expect(rules.filter((rule) => right.some((pattern) => pattern.test(rule)))).toEqual([]);
  });

  it('finds no wrong run time once the digit is right', () => {
    const tables = published();
    const table4 = tables.table4.map((row) => (row.time_s === 44_999 ? { ...row, time_s: 54_999 } : row));
    const rules = auditTables({ ...tables, table4 }).findings.map(({ rule }) => rule);
    expect(rules).not.toContain('run-time');
    expect(rules).not.toContain('clock-ratio');
  });

  it('knows no board and no number: other names and twice the work give the same findings', () => {
    const renamed = text.replaceAll('rpi3bplus', 'q2').replaceAll('rpi3b', 'q1').replaceAll('rpi4b', 'q3');
    const tables = tablesSchema.parse(JSON.parse(renamed.replaceAll('bert_large', 'giant')));
    const table4 = tables.table4.map((row) => ({ ...row, flops_per_s: (row.flops_per_s ?? 0) * 2 }));
    const rules = (of: readonly { rule: string }[]) => of.map(({ rule }) => rule).sort();
    expect(rules(auditTables({ ...tables, table4 }).findings)).toEqual(rules(audit.findings));
  });
});
