import { afterAll, describe, expect, it } from 'vitest';
import { summarizeTelemetry } from '../../../../pipeline/base/telemetry-summary.js';
import type { EvaluationEnergy } from '../../../../pipeline/contract/metering.js';
import { evaluationEnergy } from '../../../../pipeline/measure/evaluation-energy.js';
import { energyOfWork } from '../../../../pipeline/power/energy-of-work.js';
import { buildModel } from '../../../../stages/report/build/model.js';
import { energyDocument } from '../../../../stages/report/read/energy.js';
import {
  type LoadedEvaluation,
  type ReportInputs,
  telemetrySample,
} from '../../../../stages/report/read/inputs.js';
import { renderReport } from '../../../../stages/report/render.js';
import { CALIBRATION } from '../../power/blocks.js';
import { WATTS, WORK, workRecording } from '../../power/work.js';
import { Fixture } from './fixture.js';
import { telemetryOf } from './fixture-cards.js';
import { inputsOf } from './measured.js';
import { problemsOfReport } from './report-schema.js';

afterAll(() => Fixture.removeAll());

const WINDOWS = WORK.windows.map((window, index) => ({
  ...window,
  window: index + 1,
  n: 300,
  untimed: 20,
  resize_s: 0.05,
  load_s: 1,
  warm_up: { inferences: 5, seconds: 1, steady: true },
  peak_rss_bytes: 1,
  cores: null,
  neighbours: [],
}));

/** As `evaluate` makes it, of a recording at two known currents. */
function energy(isThere: (index: number) => boolean = () => true): EvaluationEnergy {
  const work = energyOfWork(workRecording(isThere), CALIBRATION, WORK);
  if (!work.ok) throw new Error(work.error.message);
  return evaluationEnergy(
    { windows: WINDOWS, idle: [] },
    {
      meter: { kind: 'acs712-05b', powerClass: 'measured_inline' },
      calibrated: true,
      lost: null,
      energy: work.value,
      emulated: false,
      needed_s: 600,
    },
  );
}

describe('what an evaluation says of its energy', () => {
  it('is joules of each inference, those after a resize included', () => {
    const measured = energy();
    expect(measured).toMatchObject({ verdict: 'valid', short: true, inferences: 640, measured_s: 8 });
    expect((measured.gross_j_per_inference?.value ?? 0) / ((8 * WATTS.work) / 640)).toBeCloseTo(1, 3);
    expect((measured.net_j_per_inference?.value ?? 0) / ((8 * (WATTS.work - WATTS.idle)) / 640)).toBeCloseTo(
      1,
      2,
    );
    const { value, u_k2 } = measured.inferences_per_joule ?? { value: 0, u_k2: 0 };
    const gross = measured.gross_j_per_inference ?? { value: 1, u_k2: 0 };
    expect(value * gross.value).toBeCloseTo(1, 12);
    expect(u_k2 / value).toBeCloseTo(gross.u_k2 / gross.value, 12);
    expect(measured.windows.map(({ inferences }) => inferences)).toEqual([320, 320]);
  });

  it('is nothing but the reason where the meter said nothing', () => {
    const lost = { reason: 'lost', message: 'the meter went away' } as const;
    const none = evaluationEnergy(
      { windows: WINDOWS, idle: [{ phase: 'rest', from_s: 0, to_s: 2 }] },
      {
        meter: { kind: 'acs712-05b', powerClass: 'measured_inline' },
        calibrated: false,
        lost,
        energy: null,
        emulated: false,
        needed_s: 600,
      },
    );
    expect(none).toMatchObject({
      verdict: 'invalid',
      findings: [{ gate: 'meter-lost', message: 'the meter went away' }],
      gross_j_per_inference: null,
      total: null,
      windows: [],
    });
    // A board needs a moment to come to rest.
    expect(none.idle).toEqual([{ from_s: 0.5, to_s: 2 }]);
    expect(energyDocument.safeParse(none).success).toBe(true);
  });
});

describe('the report', () => {
  const all = (): Promise<ReportInputs> =>
    inputsOf({ models: ['minilm-l3'], seeds: [1], devices: ['rpi4b'], tweets: 60 });
  const samples = telemetryOf(6e7, 'rpi4b').map((sample) => telemetrySample.parse(sample));
  /** With a meter at each evaluation, in the order fp32, fp16, int8. */
  function metered(
    inputs: ReportInputs,
    energies: readonly (EvaluationEnergy | undefined)[],
    change: Partial<LoadedEvaluation['document']> = {},
  ): ReportInputs {
    const ordered = ['fp32', 'fp16', 'int8'];
    return {
      ...inputs,
      evaluations: inputs.evaluations.map((one) => {
        const own = energies[ordered.indexOf(String(one.source.coordinates.precision))];
        if (own === undefined) return one;
        const document = { ...one.document, ...change, energy: energyDocument.parse(own) };
        return {
          ...one,
          document,
          telemetry: summarizeTelemetry(
            samples,
            [
              { t_s: 10, power_w: 2 },
              { t_s: 20, power_w: 4 },
            ],
            4,
          ),
        };
      }),
    };
  }

  it('has joules with their uncertainty, in tables that are never ranked with one another', async () => {
    const good = energy();
    const partial = { ...good, power_class: 'partial' } as const;
    const emulated = { ...good, emulated: true };
    const model = buildModel(metered(await all(), [good, partial, emulated]));
    expect(model.energy.map(({ standing, results }) => [standing, results.length])).toEqual([
      ['measured_inline', 1],
      ['partial', 1],
      ['emulated', 1],
    ]);
    expect(problemsOfReport(model)).toEqual([]);
    const [result] = model.energy[0]?.results ?? [];
    expect(result?.budget.map(({ name }) => name)).toContain('linearity');
    const page = renderReport(model);
    expect(page).toContain('id="energy-measured_inline"');
    expect(page).toContain('EMULATED: a simulator stood in for the meter');
    expect(page).toContain('0.0500 ± 0.002');
    expect(page).toMatch(/too short: [\d.]+ of 600 s/);
    expect(page).toContain('Power of the board (W)');
    expect(model.telemetry[0]?.phases.map(({ name, power }) => [name, power])).toEqual([
      ['before', null],
      ['during', 3],
      ['after', null],
    ]);
  });

  it('excludes with its reason what the meter missed, and what was throttled', async () => {
    const lossy = energy((index) => index < 1700 || index >= 1720);
    const gates = [
      { gate: 'throttling', verdict: 'failed', message: 'it was throttled at 4.0 s', samples: [] },
    ] satisfies LoadedEvaluation['document']['gates'];
    const model = buildModel(metered(await all(), [lossy]));
    expect(model.energy).toMatchObject([
      { standing: 'invalid', results: [{ invalid: [{ gate: 'meter-dropped' }] }] },
    ]);
    const page = renderReport(model);
    expect(page).toMatch(/of the power samples in window 2 are missing.*\(meter-dropped\)/);
    expect(page).not.toContain('0.0500 ±');
    const hot = buildModel(metered(await all(), [energy()], { verdict: 'invalid', gates }));
    expect(hot.energy).toMatchObject([
      { standing: 'invalid', results: [{ invalid: [{ gate: 'throttling' }] }] },
    ]);
  });

  it('says which of the two is INVALID', async () => {
    const gates = [
      { gate: 'power-samples', verdict: 'failed', message: 'blocks are missing', samples: [] },
    ] satisfies LoadedEvaluation['document']['gates'];
    const model = buildModel(
      metered(await all(), [energy((index) => index < 1700 || index >= 1720)], { gates }),
    );
    expect(model.notices).toContain(
      'INVALID: the energy of minilm-l3 fp32 on rpi4b (seed 1) is in no comparison. power-samples: blocks are missing.',
    );
    expect(model.notices.some((text) => text.includes('the timing of'))).toBe(false);
    expect(renderReport(model)).toContain('id="failed-table"');
  });

  it('says that there was no meter', async () => {
    const model = buildModel(await all());
    expect(model.energy).toEqual([]);
    expect(renderReport(model)).toContain('No power meter recorded an evaluation of this run.');
  });
});
