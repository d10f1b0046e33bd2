import { afterAll, expect, it } from 'vitest';
import { buildModel } from '../../../../stages/report/build/model.js';
import { renderReport } from '../../../../stages/report/render.js';
import { Fixture } from './fixture.js';
import { changing, INVALID, inputsOf, precisionOf } from './measured.js';

afterAll(() => Fixture.removeAll());

it('gives the size of a file over that of fp32 though the timing of fp32 is INVALID', async () => {
  const inputs = await inputsOf({ models: ['minilm-l3'], seeds: [1, 2], devices: ['rpi4b'], tweets: 60 });
  const { results } = buildModel(inputs);
  const bytesOf = (precision: string): number =>
    results.find((row) => row.precision === precision)?.model_bytes ?? Number.NaN;
  const model = buildModel(
    changing(
      inputs,
      (one) => precisionOf(one) === 'fp32',
      () => INVALID,
    ),
  );
  expect(model.results.map(({ against_fp32 }) => against_fp32)).toEqual([null, null, null]);
  const table = renderReport(model).match(/<table id="result-table">.*?<\/table>/s)?.[0] ?? '';
  const ratios = [...table.matchAll(/<td class="number">([^<]*)<\/td><\/tr>/g)].map(([, text]) => text);
  const of = (precision: string): string => (bytesOf(precision) / bytesOf('fp32')).toFixed(2);
  expect(ratios).toEqual(['–', '1.00', of('fp16'), of('int8')]);
});
