import { afterAll, describe, expect, it } from 'vitest';
import { buildModel } from '../../../../stages/report/build/model.js';
import type { ReportInputs } from '../../../../stages/report/read/inputs.js';
import { readInputs } from '../../../../stages/report/read/read.js';
import { renderReport } from '../../../../stages/report/render.js';
import { problemsOfPage } from '../../report/page-checks.js';
import { Fixture, type Shape } from './fixture.js';

afterAll(() => Fixture.removeAll());

const small: Partial<Shape> = { models: ['minilm-l3'], seeds: [1, 2], tweets: 60 };

async function inputsOf(
  shape: Partial<Shape>,
  edit: (fixture: Fixture) => void = () => {},
): Promise<ReportInputs> {
  const fixture = new Fixture(shape);
  edit(fixture);
  const inputs = await readInputs(fixture.context());
  if (!inputs.ok) throw new Error(JSON.stringify(inputs.error));
  return inputs.value;
}

const textOf = (inputs: ReportInputs): string => buildModel(inputs).methods.text;

describe('the methods', () => {
  it('say what was done, with the numbers of the report', async () => {
    const inputs = await inputsOf(small);
    const training = inputs.training.map((one) => ({
      ...one,
      document: {
        ...one.document,
        device: 'AMD EPYC 7B13',
        options: { learning_rate: 0.0002, epochs: 3, label_smoothing: 0, seed: 1, nested: {} },
      },
    }));
    const text = textOf({ ...inputs, training, call: { version: '9.8.7', options: '' } });
    for (const part of [
      'were made up to try the pipeline',
      'with 4,000 rows in training and 120 rows in test',
      'by the rules "paper", 3,000 tweets of training and 60 tweets of test were used',
      'train (n = 2,700), validation (n = 300) and test (n = 60), the validation part drawn with seed 7',
      'The classes are NEGATIVE, NEUTRAL and POSITIVE.',
      'at most 128 with [CLS] and [SEP], the name of the entity before the tweet',
      'minilm-l3 (22,713,216 parameters) was fine-tuned with seeds 1 and 2 (epochs 3, learning rate 0.0002), computed in float32 on AMD EPYC 7B13.',
      'Each trained model was exported as a TensorFlow SavedModel and converted to TFLite at fp32 (32-bit floating-point weights), fp16',
      'with LiteRT 2.3.0 and TensorFlow 2.21.0',
      'compared with its SavedModel on 512 validation texts',
      'measured on local (AMD EPYC 7B13, 4 cores, 4.0 GB, Debian GNU/Linux 12 (bookworm))',
      'They ran under LiteRT 2.3.0, xnnpack, 1 thread.',
      'Scores are over 60 test tweets.',
      'the protocol was quick (after_s 2, before_s 2, sample_hz 10, warmup 20)',
      'the fastest file within 0.01 of the best mean macro-F1',
      'exact McNemar test',
      'The 95 % intervals of median latencies and 90th percentiles are a cluster bootstrap',
      '95 % intervals of a paired bootstrap over tweets',
      'A file is dominated, in macro-F1 and each of median latency and size, by one under the same conditions',
      'All steps were run by Edgeline 9.8.7 (study quantized-transformers-on-edge-devices, profile quickstart).',
    ])
      expect(text).toContain(part);
    expect(text).not.toMatch(/undefined|null|NaN|\[object|label smoothing|nested/);
  });

  it('leave out what is not known and was not done', async () => {
    const text = textOf(await inputsOf({ ...small, without: () => true }));
    expect(text).toBe(
      'Whether the tweets are real was not recorded.\n\nAll steps were run by Edgeline (study quantized-transformers-on-edge-devices, profile quickstart).',
    );
    const single = textOf(await inputsOf({ ...small, seeds: [1], precisions: ['fp32'] }));
    expect(single).not.toMatch(
      /McNemar|standard deviation|Energy|Baselines are linear|paired bootstrap|dominated/,
    );
  });

  it('say of an emulated device that its timing means nothing', async () => {
    const text = textOf(await inputsOf({ ...small, devices: ['rpi4b'], emulated: ['rpi4b'] }));
    expect(text).toContain('rpi4b is emulated: latency, processor use and memory there mean nothing.');
    expect(text).toContain('the smallest file within');
  });

  it('name the models that were converted where others were not', async () => {
    const inputs = await inputsOf({ ...small, models: ['minilm-l3', 'minilm-l6'] });
    const conversions = inputs.conversions.filter(({ source }) => source.coordinates.model === 'minilm-l6');
    expect(textOf({ ...inputs, conversions })).toContain('Each training of minilm-l6 was exported');
  });

  it('tell apart what was trained otherwise', async () => {
    const inputs = await inputsOf(small);
    const [first, ...others] = inputs.training;
    if (first === undefined) throw new Error('no training');
    const distilled = { from: ['a', 'b'], temperature: 2, alpha: 0.5 };
    const training = [{ ...first, document: { ...first.document, distilled } }, ...others];
    const text = textOf({ ...inputs, training });
    expect(text).toContain('was distilled from 2 teachers (temperature 2, alpha 0.5) with seed');
    expect(text).toContain('was fine-tuned with seed');
  });

  it('have the entries of the paper and of Edgeline, and stand in the page as they are', async () => {
    const model = buildModel({ ...(await inputsOf(small)), call: { version: '9.8.7', options: '' } });
    expect(model.methods.bibtex).toMatch(/^@misc\{rahman2023quantized,\n[\s\S]*eprint = \{2310\.03971\}/);
    expect(model.methods.bibtex).toContain('howpublished = {Software, version 9.8.7}');
    expect(model.methods.bibtex.split('{').length).toBe(model.methods.bibtex.split('}').length);
    const page = renderReport(model);
    expect(problemsOfPage(page)).toEqual([]);
    expect(page).toContain('Scores are means over seeds with the sample standard deviation (n - 1).');
  });
});

describe('the journal of hydrate', () => {
  it('is in the data section: what was asked of X, and what it did not give', async () => {
    const card = {
      schema: 1,
      host: 'api.x.com',
      tweets: 500,
      found: 420,
      rows_filled: 431,
      missing: { 'not-found': ['1', '2', '3'], withheld: ['4'] },
      withheld_in: { IN: 2 },
      dropped: [],
      warnings: ['one answer was cut'],
    };
    const inputs = await inputsOf(small, (fixture) =>
      fixture.add('hydration', 'hydration-card', 'hydrate', {}, { '': JSON.stringify(card) }),
    );
    const model = buildModel(inputs);
    expect(model.data.hydrate).toEqual([
      {
        instance: 'hydrate',
        host: 'api.x.com',
        tweets: 500,
        found: 420,
        rows_filled: 431,
        missing: { 'not-found': 3, withheld: 1 },
        withheld_in: { IN: 2 },
        warnings: ['one answer was cut'],
      },
    ]);
    expect(model.provenance.map(({ artifact }) => artifact)).toContain('hydration-card');
    expect(model.methods.text).toContain('Of 500 tweets without a text, 420 were obtained from the X API.');
    const page = renderReport(model);
    expect(problemsOfPage(page)).toEqual([]);
    for (const text of ['Asked of X', 'not found', 'IN 2', 'one answer was cut'])
      expect(page).toContain(text);
  });
});
