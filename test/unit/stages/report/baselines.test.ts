import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { buildModel } from '../../../../stages/report/build/model.js';
import { headline } from '../../../../stages/report/headline.js';
import { readInputs } from '../../../../stages/report/read/read.js';
import { renderReport } from '../../../../stages/report/render.js';
import { Fixture, type Shape } from './fixture.js';

afterAll(() => Fixture.removeAll());

interface Answer {
  readonly id: string;
  readonly entity: string;
  readonly label: number;
}

const LABELS = ['NEGATIVE', 'NEUTRAL', 'POSITIVE'];
const TIMES = { mean: 0.031, median: 0.024, p90: 0.05, p99: null };
const small: Partial<Shape> = { models: ['minilm-l3'], seeds: [1], precisions: ['fp32'], tweets: 200 };

/** What a device was asked, answered by a classifier that is right on all but each `wrong`-th tweet. */
function addBaseline(fixture: Fixture, wrong: number, more: readonly Answer[] = []): void {
  const [evaluation] = fixture.inputs.evaluation ?? [];
  const asked: readonly Answer[] = readFileSync(join(evaluation?.path ?? '', 'predictions.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  const rows = [...asked, ...more].map(({ id, entity, label }, row) => {
    const predicted = (row + 1) % wrong === 0 ? (label + 1) % 3 : label;
    return { id, entity, label, predicted, logits: [0, 1, 2].map((one) => Number(one === predicted)) };
  });
  fixture.add(
    'baseline',
    'baseline',
    'baseline',
    {},
    {
      'baseline.json': JSON.stringify({
        labels: LABELS,
        classifiers: [{ name: 'linear', model_bytes: 4_200_000 }],
      }),
      'linear.jsonl': rows.map((row) => `${JSON.stringify(row)}\n`).join(''),
    },
  );
  const timing = { classifiers: [{ name: 'linear', latency_ms: TIMES }] };
  fixture.add('baseline-timing', 'baseline-timing', 'baseline', {}, { '': JSON.stringify(timing) });
}

async function modelOf(fixture: Fixture) {
  const inputs = await readInputs(fixture.context());
  if (!inputs.ok) throw new Error(JSON.stringify(inputs.error));
  return buildModel(inputs.value);
}

describe('baselines', () => {
  it('stand beside the majority class, scored on the same tweets, without a device', async () => {
    const fixture = new Fixture(small);
    addBaseline(fixture, 4);
    const model = await modelOf(fixture);
    const [majority, linear] = model.baselines;
    expect(majority).toMatchObject({ kind: 'majority', model_bytes: null, latency_ms: null });
    expect(majority?.official_accuracy).toBeGreaterThan(0);
    expect(linear).toMatchObject({
      kind: 'classifier',
      name: 'linear',
      stage: 'baseline',
      test_set: model.results[0]?.conditions.test_set,
      n_tweets: 200,
      accuracy: 0.75,
      model_bytes: 4_200_000,
      latency_ms: TIMES,
    });
    expect(headline(model)[2]).toEqual([
      ...['baseline: linear', '–', '–', '–', '0.750', expect.stringMatching(/^0\.7/)],
      ...['0.024', '0.050', '–', '4.2'],
    ]);
    const page = renderReport(model);
    expect(page).toContain('baseline: linear');
    expect(page).toContain('Baselines have no device');
    expect(model.provenance.map(({ instance }) => instance)).toContain('baseline');
  });

  it('are what a model has to be better than', async () => {
    const [good, poor] = [new Fixture(small), new Fixture(small)];
    addBaseline(good, 10);
    addBaseline(poor, 2);
    const [beaten, strong] = [await modelOf(poor), await modelOf(good)];
    expect(strong.answers[0]?.beats_baseline).toBe(false);
    expect(strong.notices).toContain(
      'minilm-l3 fp32 on local is no more accurate than the baseline linear (0.900).',
    );
    expect(beaten.answers[0]?.beats_baseline).toBe(true);
  });

  it('are cut to the first tweets where a model was scored on no more', async () => {
    const fixture = new Fixture(small);
    addBaseline(fixture, 4, [{ id: '9', entity: 'E', label: 0 }]);
    const linear = (await modelOf(fixture)).baselines.find(({ name }) => name === 'linear');
    expect(linear).toMatchObject({ n_tweets: 200, accuracy: 0.75 });
  });

  it('name their test set at the end of a run where there are two', async () => {
    const fixture = new Fixture({ ...small, precisions: ['fp32', 'int8'] });
    addBaseline(fixture, 4);
    const path = fixture.inputs.evaluation?.[1]?.path ?? '';
    const [first = ''] = readFileSync(join(path, 'predictions.jsonl'), 'utf8').split('\n');
    writeFileSync(join(path, 'predictions.jsonl'), `${first}\n`);
    const document = JSON.parse(readFileSync(join(path, 'evaluation.json'), 'utf8'));
    writeFileSync(join(path, 'evaluation.json'), JSON.stringify({ ...document, n: 1 }));
    const model = await modelOf(fixture);
    const shown = headline(model).filter(([name]) => name === 'baseline: linear');
    const sets = model.baselines.filter(({ name }) => name === 'linear').map(({ test_set }) => test_set);
    expect(new Set(sets).size).toBe(2);
    expect(shown.map(([, , device]) => device)).toEqual(sets.map((set) => `[test set ${set?.slice(0, 8)}]`));
  });

  it('are in no comparison with a model that was asked other tweets', async () => {
    const fixture = new Fixture(small);
    addBaseline(fixture, 4);
    const path = join(fixture.inputs.baseline?.[0]?.path ?? '', 'linear.jsonl');
    const [first = '', ...rest] = readFileSync(path, 'utf8').split('\n');
    writeFileSync(path, [first.replace(/"id":"[^"]+"/, '"id":"other"'), ...rest].join('\n'));
    const model = await modelOf(fixture);
    expect(model.baselines.map(({ kind }) => kind)).toEqual(['majority']);
  });

  it('are shown where nothing else was scored', async () => {
    const fixture = new Fixture(small);
    addBaseline(fixture, 4);
    delete fixture.inputs.evaluation;
    const model = await modelOf(fixture);
    expect(model.baselines).toHaveLength(2);
    expect(renderReport(model)).toContain('baseline: linear');
  });

  it('must have their timing beside them', async () => {
    const fixture = new Fixture(small);
    addBaseline(fixture, 4);
    delete fixture.inputs['baseline-timing'];
    expect(await readInputs(fixture.context())).toMatchObject({
      ok: false,
      error: { code: 'unreadable-input' },
    });
  });
});

it('has the official accuracy of each row and each inspection: entities count the same', async () => {
  const model = await modelOf(new Fixture({ ...small, seeds: [1, 2] }));
  const [row] = model.results;
  const inspection = model.inspections.find(({ split }) => split === 'test');
  const accuracies = inspection?.entities?.map(({ accuracy }) => accuracy.mean) ?? [];
  expect(accuracies).toHaveLength(3);
  const mean = accuracies.reduce((sum, value) => sum + value, 0) / 3;
  expect(row?.official_accuracy?.mean).toBeCloseTo(mean, 12);
  expect(row?.official_accuracy?.n).toBe(2);
  expect(inspection?.official_accuracy).toEqual(row?.official_accuracy);
  expect(mean).not.toBeCloseTo(row?.accuracy.mean ?? 0, 6);
  expect(renderReport(model)).toContain('official RepLab accuracy');
});

it('counts tweets without a text as wrong where the clean card knows how many each entity has', async () => {
  const inputs = await readInputs(new Fixture(small).context());
  if (!inputs.ok) throw new Error(JSON.stringify(inputs.error));
  const inspectionWith = (entity: Readonly<Record<string, Readonly<Record<string, number>>>>) => {
    const clean = inputs.value.clean.map((card) => ({
      ...card,
      document: { ...card.document, counts: { test: { entity } } },
    }));
    const model = buildModel({ ...inputs.value, clean });
    return { page: renderReport(model), ...model.inspections.find(({ split }) => split === 'test') };
  };
  const entities = inspectionWith({}).entities ?? [];
  const used = Object.fromEntries(
    entities.map(({ entity, n_tweets }) => [entity, { used: n_tweets, unrelated: 9 }]),
  );
  const [first] = entities;
  const whole = inspectionWith(used);
  const official = whole.official_accuracy?.mean ?? 0;
  expect(whole.official_accuracy_with_missing?.mean).toBeCloseTo(official, 12);
  // One entity without any text, and one with as many lost as kept.
  const half = {
    ...used,
    [first?.entity ?? '']: { used: first?.n_tweets ?? 0, 'no-text': first?.n_tweets ?? 0 },
  };
  const lost = inspectionWith({ ...half, E: { 'no-text': 5 } });
  const expected = (official * 3 - (first?.accuracy.mean ?? 0) / 2) / 4;
  expect(lost.official_accuracy_with_missing?.mean).toBeCloseTo(expected, 12);
  expect(lost.official_accuracy_with_missing?.missing).toBe(5 + (first?.n_tweets ?? 0));
  expect(lost.page).toMatch(
    /official RepLab accuracy 0\.\d+, and 0\.\d+ where \d+ tweets without a text count as wrong/,
  );
  // Who scored a part only cannot be completed, nor can who has no such card.
  expect(inspectionWith({ ...used, E: { used: 1 } }).official_accuracy_with_missing).toBeNull();
  expect(inspectionWith({}).official_accuracy_with_missing).toBeNull();
});
