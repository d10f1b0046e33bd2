import { describe, expect, test } from 'vitest';
import { digestOf } from '../../../pipeline/base/canonical.js';
import type { Cause, ExplainedResult, Explanation } from '../../../pipeline/contract/explain.js';
import type { PlannedAction, Reason, RootCause } from '../../../pipeline/contract/plan.js';
import type { Verification } from '../../../pipeline/contract/verify.js';
import { acceptLines } from '../../../pipeline/ui/accept-text.js';
import { explanationLines, groupedExplanationLines } from '../../../pipeline/ui/explain-text.js';
import { causeText } from '../../../pipeline/ui/reasons.js';
import { verificationLines } from '../../../pipeline/ui/verify-text.js';

const KEY = digestOf('key');
const OPTION: Reason = { kind: 'option-changed', path: 'learning_rate', before: '2e-5', after: '1e-5' };
const CODE: Reason = { kind: 'code-changed', file: 'stages/fine-tune/worker.py' };

const cause = (reason: Reason, ...roots: RootCause[]): Cause => ({
  reason,
  roots,
  text: causeText(reason, roots),
});

const RESULT: ExplainedResult = {
  key: KEY,
  run: '20260101T000000-abcd',
  started_at: '2026-01-01T00:00:00.000Z',
  wall_seconds: 83,
  host: 'box',
  executor: 'cluster',
  attempts: 2,
  usage: {
    wall_seconds: 83,
    cpu_seconds: 160,
    peak_rss_bytes: 2e9,
    read_bytes: 1e6,
    written_bytes: 2e6,
    source: 'sampled',
  },
  inputs: [{ name: 'fit', instance: 'encode', output: 'fit', digest: digestOf('fit') }],
  external: { texts: digestOf('texts') },
  outputs: {
    checkpoint: {
      kind: 'tree',
      artifact: 'checkpoint',
      path: 'checkpoint',
      digest: digestOf('checkpoint'),
      size: 9e7,
    },
  },
  summary: {},
  accepted: {
    reason: 'only a comment',
    by: 'ada',
    at: '2026-02-01T00:00:00.000Z',
    instead_of: digestOf('before'),
    differences: [CODE],
  },
  verified: {
    schema: 1,
    instance: 'fine-tune@seed=1',
    key: KEY,
    outcome: 'identical',
    at: '2026-03-01T00:00:00.000Z',
    wall_seconds: 80,
    files: [],
    figures: [],
  },
};

const explanation = (seed: number, action: PlannedAction, ...causes: Cause[]): Explanation => ({
  schema: 1,
  instance: `fine-tune@seed=${seed}`,
  stage: 'fine-tune',
  coordinates: { seed },
  action,
  causes,
  key: KEY,
  result: action === 'reuse' ? RESULT : null,
});

describe('explanations', () => {
  test('of a matrix are grouped, each cause on a line of its own', () => {
    const root: RootCause = {
      instance: 'clean',
      reason: { kind: 'option-changed', path: 'rules', before: 'light', after: 'paper' },
    };
    const lines = groupedExplanationLines(
      [
        explanation(1, 'reuse'),
        explanation(2, 'run', cause(OPTION), cause(CODE)),
        explanation(3, 'run', cause(OPTION), cause(CODE)),
        explanation(4, 'pending', cause({ kind: 'upstream-runs', instance: 'encode@seed=4' }, root)),
      ],
      100,
    );
    expect(lines.join('\n')).toMatchInlineSnapshot(`
      "fine-tune: 1 of 4 reused (accepted), seed=2,3 (2) run, seed=4 waits
        seed=2,3 (2) run:
          learning_rate 2e-5 -> 1e-5
          stages/fine-tune/worker.py changed
        seed=4 waits:
          encode runs first, because clean.rules light -> paper"
    `);
  });

  test('of one instance tell where its result comes from', () => {
    expect(explanationLines(explanation(1, 'reuse'), 100).join('\n')).toMatchInlineSnapshot(`
      "fine-tune@seed=1: reused
        key        sha256:2c70e12b7a0646f92279f427c7b38e7334d8e5389cff167a1dc30e73f826b683
        made       2026-01-01 00:00:00 UTC in run 20260101T000000-abcd on cluster (box), took 1m23s, in 2
                   attempts
        used       2m40s of processor time, at most 2 GB of memory, read 1 MB, wrote 2 MB
        read       fit of encode, sha256:da4270e3735a
        read       texts, sha256:a4b992ab4296, from outside of the pipeline
        made       checkpoint, 90 MB, sha256:47320987f9a4
        accepted   2026-02-01 00:00:00 UTC by ada, in place of sha256:6db7d803e74f: only a comment
                   although stages/fine-tune/worker.py changed
        verified   2026-03-01 00:00:00 UTC: identical"
    `);
  });
});

describe('what accept says', () => {
  test('what was accepted, what could not be, and what to do', () => {
    const accepted = [1, 2, 3, 4, 5].map((seed) => ({
      instance: `fine-tune@seed=${seed}`,
      key: KEY,
      accepted: { reason: 'r', by: 'ada', at: '', instead_of: KEY, differences: [CODE] },
    }));
    const none = { schema: 1, accepted: [], undone: [], current: [], refused: [] } as const;
    const texts = [
      { ...none, accepted, current: ['clean'] },
      { ...none, refused: [{ instance: 'clean', because: 'grave', reasons: [OPTION] }] },
      { ...none, refused: [{ instance: 'clean', because: 'no-result', reasons: [{ kind: 'never-ran' }] }] },
    ] as const;
    expect(texts.map((report) => acceptLines(report, 100).join('\n')).join('\n---\n')).toMatchInlineSnapshot(`
      "fine-tune@seed=1, fine-tune@seed=2, fine-tune@seed=3 and 2 more: accepted as unchanged:
        stages/fine-tune/worker.py changed
      1 instance: nothing to accept, up to date
      ---
      clean: not accepted: learning_rate 2e-5 -> 1e-5
      These differences make another result as a rule; nothing was accepted.
        Run it again, or add --force if you know that the result stands.
      ---
      clean: has no result that could stand: never ran before
        Make the results with: pipeline run"
    `);
  });
});

describe('what verify says', () => {
  const BASE: Verification = {
    schema: 1,
    instance: 'evaluate@seed=1',
    key: KEY,
    outcome: 'identical',
    at: '',
    wall_seconds: 83,
    files: [],
    figures: [],
  };
  const side = (size: number) => ({ digest: digestOf(String(size)), size });

  test('every outcome has its words', () => {
    const differing: Verification = {
      ...BASE,
      outcome: 'differs',
      files: [
        { output: 'model', path: 'model/weights', before: side(10), after: side(10), first_difference: 7 },
        { output: 'model', path: 'model/a', before: null, after: side(1), first_difference: null },
        { output: 'model', path: 'model/b', before: side(1), after: null, first_difference: null },
      ],
      figures: [
        { name: 'accuracy', before: 0.7, after: 0.6, tolerance: {}, within: false },
        {
          name: 'latency_ms',
          before: 10,
          after: 10.5,
          tolerance: { relative: 0.1, absolute: 1 },
          within: true,
        },
        { name: 'rows', before: 1, after: 2, tolerance: null, within: false },
      ],
    };
    const failed: Verification = {
      ...BASE,
      outcome: 'failed',
      failure: { reason: 'timed-out', limitSeconds: 60 },
    };
    const texts = [BASE, differing, { ...differing, outcome: 'within-tolerance' } as const, failed];
    expect(texts.map((one) => verificationLines(one, 100).join('\n')).join('\n---\n')).toMatchInlineSnapshot(`
      "evaluate@seed=1: identical, every byte of every output (1m23s)
      ---
      evaluate@seed=1: differs in 3 files (1m23s)
        model/weights differs from byte 7 on, 10 B
        model/a is new
        model/b is missing
        accuracy 0.7 -> 0.6, must be equal
        latency_ms 10 -> 10.5, within 1 or 10 %
        rows 1 -> 2 (not judged)
      ---
      evaluate@seed=1: the same within what it declares; 3 files of measurements with other bytes (1m23s)
        model/weights differs from byte 7 on, 10 B
        model/a is new
        model/b is missing
        accuracy 0.7 -> 0.6, must be equal
        latency_ms 10 -> 10.5, within 1 or 10 %
        rows 1 -> 2 (not judged)
      ---
      evaluate@seed=1: could not be run again (1m23s)
        evaluate@seed=1 failed: it did not finish within its limit of 1m00s and was stopped.
        Raise the limit if the work is really that long. \`npx pipeline logs 'evaluate@seed=1'\` shows its
          log."
    `);
  });
});
