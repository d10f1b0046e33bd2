import { afterAll, describe, expect, it } from 'vitest';
import {
  calibrationOf,
  entitiesOf,
  SHOWN_WRONG_TWEETS,
  wrongTweetsOf,
} from '../../../../stages/report/build/inspect-answers.js';
import { buildModel } from '../../../../stages/report/build/model.js';
import type { Predictions, ReportInputs, Source } from '../../../../stages/report/read/inputs.js';
import { readInputs } from '../../../../stages/report/read/read.js';
import { renderReport } from '../../../../stages/report/render.js';
import { Fixture, type Shape } from './fixture.js';

afterAll(() => Fixture.removeAll());

const small: Partial<Shape> = { models: ['minilm-l3'], seeds: [1, 2], tweets: 60 };

async function inputsOf(shape: Partial<Shape> = {}, options = {}): Promise<ReportInputs> {
  const inputs = await readInputs(new Fixture(shape).context(options));
  if (!inputs.ok) throw new Error(JSON.stringify(inputs.error));
  return inputs.value;
}

const LABELS = ['NEGATIVE', 'NEUTRAL', 'POSITIVE'];

/** Four tweets of A, two of B; `sure` is the logit of what is predicted, the others are 0. */
function answers(predicted: readonly number[], sure: readonly number[]): Predictions {
  return {
    tweets: { digest: 'x', ids: ['1', '2', '3', '4', '5', '6'], entities: ['A', 'B', 'A', 'A', 'B', 'A'] },
    labels: Uint8Array.from([0, 0, 1, 2, 1, 2]),
    predicted: Uint8Array.from(predicted),
    logits: Float32Array.from(
      predicted.flatMap((answer, index) =>
        LABELS.map((_, label) => (label === answer ? (sure[index] ?? 0) : 0)),
      ),
    ),
    latenciesMs: new Float64Array(6),
    tokens: [],
  };
}

const first = { seed: 1, predictions: answers([0, 1, 2, 2, 1, 0], [2, 3, 1, 1, 1, 4]) };
const second = { seed: 2, predictions: answers([0, 1, 1, 2, 0, 0], [2, 2, 1, 1, 3, 4]) };
const wording = { texts: new Map([['A\t6', 'hello']]), entityNames: new Map([['A', 'Auto']]) };

describe('entities', () => {
  const entities = entitiesOf([first, second], LABELS, wording);

  it('have the scores of their own tweets, the largest first', () => {
    expect(entities.map(({ entity, name, n_tweets }) => [entity, name, n_tweets])).toEqual([
      ['A', 'Auto', 4],
      ['B', null, 2],
    ]);
    const [auto] = entities;
    // Seed 1 answers 0 2 2 0, seed 2 answers 0 1 2 0 to the truths 0 1 2 2.
    expect(auto?.accuracy).toMatchObject({ mean: 0.625, min: 0.5, max: 0.75, n: 2 });
    expect(auto?.macro_f1?.min).toBeCloseTo((2 / 3 + 0 + 1 / 2) / 3, 12);
    expect(auto?.macro_f1?.max).toBeCloseTo((2 / 3 + 1 + 2 / 3) / 3, 12);
    expect(auto?.accuracy_interval[0]).toBeLessThan(0.25);
  });

  it('have no macro-F1 where a class is missing', () => {
    expect(entities[1]).toMatchObject({ macro_f1: null, missing_labels: ['POSITIVE'] });
    expect(entities[0]?.missing_labels).toEqual([]);
  });
});

describe('wrong tweets', () => {
  it('are those that the seeds together get wrong, the most probable first', () => {
    const { total, shown } = wrongTweetsOf([first, second], LABELS, wording);
    // Tweet 3 has one seed for NEUTRAL and one for POSITIVE, equally sure: NEUTRAL, the first of equals, is right.
    expect(total).toBe(3);
    expect(
      shown.map(({ id, truth, predicted, wrong_seeds, text }) => [id, truth, predicted, wrong_seeds, text]),
    ).toEqual([
      ['6', 'POSITIVE', 'NEGATIVE', 2, 'hello'],
      ['2', 'NEGATIVE', 'NEUTRAL', 2, null],
      ['5', 'NEUTRAL', 'NEGATIVE', 1, null],
    ]);
    const sure = Math.exp(4) / (Math.exp(4) + 2);
    expect(shown[0]?.probability).toBeCloseTo(sure, 6);
    expect(shown[0]?.truth_probability).toBeCloseTo((1 - sure) / 2, 6);
  });

  it('are cut to what a page can hold, and all are counted', async () => {
    const model = buildModel(await inputsOf({ ...small, seeds: [1], precisions: ['fp32'], tweets: 200 }));
    const test = model.inspections.find(({ split }) => split === 'test');
    expect(test?.wrong?.shown).toHaveLength(SHOWN_WRONG_TWEETS);
    expect(test?.wrong?.total).toBe(Math.round(200 * (1 - (test?.accuracy.mean ?? 0))));
  });
});

describe('calibration', () => {
  it('pools the bins of all seeds and spreads the error over them', () => {
    const own = [first, second].map((one) => calibrationOf([one], 3));
    const both = calibrationOf([first, second], 3);
    expect(both.bins.reduce((sum, { n }) => sum + n, 0)).toBe(12);
    expect(both.expected_error.n).toBe(2);
    expect(both.expected_error.mean).toBeCloseTo(
      ((own[0]?.expected_error.mean ?? 0) + (own[1]?.expected_error.mean ?? 0)) / 2,
      12,
    );
  });
});

describe('inspections', () => {
  it('are of validation by model and of test by file, devices that answered alike together', async () => {
    const model = buildModel(await inputsOf({ ...small, devices: ['local', 'rpi4b'] }));
    expect(
      model.inspections.map(({ id, split, precision, devices, rows, n_tweets, n_seeds }) => [
        id,
        split,
        precision,
        devices.join(' '),
        rows.length,
        n_tweets,
        n_seeds,
      ]),
    ).toEqual([
      ['validation-1', 'validation', null, '', 0, 30, 2],
      ['test-1', 'test', 'fp32', 'local rpi4b', 2, 60, 2],
      ['test-2', 'test', 'fp16', 'local rpi4b', 2, 60, 2],
      ['test-3', 'test', 'int8', 'local rpi4b', 2, 60, 2],
    ]);
    const [validation, test] = model.inspections;
    expect(validation?.accuracy.mean).toBe(
      ((model.training[0]?.epochs[2]?.validation_accuracy ?? 0) +
        (model.training[1]?.epochs[2]?.validation_accuracy ?? 0)) /
        2,
    );
    expect(test?.accuracy).toEqual(model.results[0]?.accuracy);
    const supports = test?.entities?.map(({ n_tweets }) => n_tweets) ?? [];
    expect(supports.reduce((sum, count) => sum + count)).toBe(60);
  });

  it('do without the answers to single tweets of validation', async () => {
    const inputs = await inputsOf({ ...small, without: () => false });
    const [validation] = buildModel({ ...inputs, validation: [] }).inspections;
    expect(validation).toMatchObject({ id: 'validation-1', entities: null, calibration: null, wrong: null });
    expect(validation?.confusion.flat().reduce((sum, count) => sum + count)).toBe(60);
    const partly = buildModel({ ...inputs, validation: inputs.validation.slice(1) });
    expect(partly.inspections[0]?.calibration).toBeNull();
  });
});

describe('stages that do the same work', () => {
  it('never share a row, a name or a mean over seeds', async () => {
    const inputs = await inputsOf({ ...small, precisions: ['fp32'] });
    const twice = <T extends { readonly source: Source }>(list: readonly T[], stage: string): T[] => [
      ...list,
      ...list.map((one) => ({
        ...one,
        source: { ...one.source, stage, instance: one.source.instance.replace(/^[^@]*/, stage) },
      })),
    ];
    const model = buildModel({
      ...inputs,
      evaluations: twice(inputs.evaluations, 'evaluate-student'),
      training: twice(inputs.training, 'distill'),
      validation: twice(inputs.validation, 'distill'),
    });
    expect(model.results.map(({ stage, n_seeds }) => [stage, n_seeds])).toEqual([
      ['evaluate', 2],
      ['evaluate-student', 2],
    ]);
    expect(model.inspections.map(({ id, stage, n_seeds }) => [id, stage, n_seeds])).toEqual([
      ['validation-1', 'distill', 2],
      ['validation-2', 'fine-tune', 2],
      ['test-1', 'evaluate', 2],
      ['test-2', 'evaluate-student', 2],
    ]);
    expect(model.notices).toEqual([]);
    const page = renderReport(model);
    expect(page).toContain('<h3>minilm-l3 (stage=distill), 2 trainings</h3>');
    expect(page).toContain('<h3>minilm-l3 (stage=evaluate-student) fp32 on local</h3>');
  });
});

describe('a distillation', () => {
  it('says what it learnt from, and its teachers need not be converted', async () => {
    const inputs = await inputsOf({ ...small, models: ['large', 'minilm-l3'], seeds: [1] });
    const training = inputs.training.map((one) =>
      one.source.coordinates.model === 'large'
        ? one
        : {
            ...one,
            source: { ...one.source, stage: 'distill', instance: 'distill@model=minilm-l3,seed=1' },
            document: {
              ...one.document,
              distilled: { from: ['fine-tune@model=large,seed=1'], temperature: 2, alpha: 0.5 },
            },
          },
    );
    const converted = ({ source }: { readonly source: Source }) => source.coordinates.model !== 'large';
    const model = buildModel({
      ...inputs,
      training,
      conversions: inputs.conversions.filter(converted),
      evaluations: inputs.evaluations.filter(converted),
    });
    expect(model.notices).toEqual([]);
    const page = renderReport(model);
    expect(page).toContain('<td>labels</td>');
    expect(page).toContain('<td>labels and 1 teacher (T 2, alpha 0.5)</td>');
    expect(page).toContain('Cross-entropy (nats)');
    expect(page).toContain('Loss (nats)');
  });
});

describe('what was kept', () => {
  it('may be an average, whose scores count', async () => {
    const inputs = await inputsOf({ ...small, seeds: [1] });
    const best = { validation_loss: 0.5, validation_accuracy: 0.8125, validation_macro_f1: 0.75 };
    const training = inputs.training.map((one) => ({
      ...one,
      document: { ...one.document, kept: 'average' as const, best, stopped_early: true, resumed_at: [40] },
    }));
    const model = buildModel({ ...inputs, training });
    expect(model.inspections[0]).toMatchObject({ accuracy: { mean: 0.8125 }, macro_f1: { mean: 0.75 } });
    const page = renderReport(model);
    expect(page).toContain('<td class="number">3, average</td>');
    expect(page).toContain('3, stopped early');
    expect(page).toContain('1 training was killed and went on where it had been.');
  });
});

describe('texts', () => {
  const real: Partial<Shape> = {
    ...small,
    seeds: [1],
    precisions: ['fp32'],
    synthetic: false,
    sampleTexts: ['a real tweet'],
  };

  it('of real tweets stay out unless the report is for its maker', async () => {
    const inputs = await inputsOf(real);
    expect(inputs.wording.texts.size).toBe(0);
    const model = buildModel(inputs);
    expect(model.texts).toBe('withheld');
    expect(JSON.stringify(model)).not.toContain('a real tweet');
    expect(renderReport(model)).toContain('Tweets are named by their ids');
  });

  it('are shown with a warning that stands first', async () => {
    const model = buildModel(await inputsOf(real, { texts: 'local' }));
    expect(model.inspections[1]?.wrong?.shown[0]?.text).toBe('a real tweet');
    const page = renderReport(model);
    expect(page).toContain('<span class="prose">a real tweet</span>');
    expect(page.slice(0, page.indexOf('<h2'))).toContain('Not to be passed on.');
  });

  it('that are made up are always shown', async () => {
    const model = buildModel(await inputsOf({ ...real, synthetic: true }));
    expect(model.texts).toBe('synthetic');
    expect(renderReport(model)).toContain('<span class="prose">a real tweet</span>');
    expect(renderReport(model)).not.toContain('Not to be passed on.');
  });
});
