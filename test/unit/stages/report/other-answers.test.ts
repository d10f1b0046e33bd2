import { afterAll, expect, it } from 'vitest';
import { buildModel } from '../../../../stages/report/build/model.js';
import { headline } from '../../../../stages/report/headline.js';
import type { ReportModel } from '../../../../stages/report/model/report.js';
import type { LoadedEvaluation, ReportInputs } from '../../../../stages/report/read/inputs.js';
import { readInputs } from '../../../../stages/report/read/read.js';
import { renderReport } from '../../../../stages/report/render.js';
import { Fixture } from './fixture.js';

afterAll(() => Fixture.removeAll());

async function inputsOf(): Promise<ReportInputs> {
  const shape = { models: ['minilm-l3'], seeds: [1, 2], precisions: ['fp32', 'int8'], tweets: 60 };
  const inputs = await readInputs(new Fixture(shape).context());
  if (!inputs.ok) throw new Error(JSON.stringify(inputs.error));
  return inputs.value;
}

function changed(one: LoadedEvaluation, document: Partial<LoadedEvaluation['document']>): LoadedEvaluation {
  return { ...one, document: { ...one.document, ...document } };
}

it('say which seeds gave answers alone, and who answered', async () => {
  const inputs = await inputsOf();
  const answers = { from: 'host' as const, after_texts: 256 };
  const alone = (seeds: readonly number[]): ReportModel =>
    buildModel({
      ...inputs,
      evaluations: inputs.evaluations.map((one) =>
        seeds.includes(Number(one.source.coordinates.seed))
          ? { ...changed(one, { verdict: 'not-timed', answers }), windows: [] }
          : changed(one, { verdict: 'valid', answers }),
      ),
    });
  const rowOf = (model: ReportModel) => model.results.find(({ precision }) => precision === 'int8');
  const [whole, one, none] = [alone([]), alone([2]), alone([1, 2])];
  expect(one.notices).toEqual([
    '2 evaluations of 4 (seed 2) gave answers alone, as `timing_seeds` asks: latencies are of the other seeds.',
    "Answers of 4 evaluations on local were computed on the host, after local had answered the first 256 tweets as the host does; at int8 up to 0.5 % of a device's own answers may differ.",
  ]);
  expect(rowOf(one)).toMatchObject({
    ...{ n_seeds: 2, n_invalid: 0, n_untimed: 1, accuracy: rowOf(whole)?.accuracy },
    // Answers are compared over both seeds, latencies over the one that was timed.
    against_fp32: { n_seeds: 2, speed_up: expect.any(Number) },
    seeds: [
      { answers_from: 'host', verdict: 'valid' },
      { verdict: 'not-timed', latency_ms: { n: 0 } },
    ],
  });
  expect(rowOf(one)?.latency_ms.n).toBe((rowOf(whole)?.latency_ms.n ?? 0) / 2);
  expect(one.answers).toMatchObject([{ by: 'latency' }]);
  expect(one.telemetry.map(({ seed }) => seed)).toEqual([1, 1]);
  const page = renderReport(one);
  expect(page).toContain('1 of 2 seeds timed');
  expect(page).toContain('Answers of this machine');

  expect(rowOf(none)).toMatchObject({ n_untimed: 2, against_fp32: { n_seeds: 2, speed_up: null } });
  expect(none.answers).toMatchObject([{ by: 'size' }]);
  expect(headline(none).find((cells) => cells[1] === 'int8')).toContain('not timed');
  expect(renderReport(none).match(/.{40}(NaN|not a number|>INVALID<)/g)).toBeNull();
});
