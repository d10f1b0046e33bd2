import type { EvaluationEnergy } from '../../../../pipeline/contract/metering.js';
import { evaluationEnergy } from '../../../../pipeline/measure/evaluation-energy.js';
import { energyOfWork } from '../../../../pipeline/power/energy-of-work.js';
import { energyDocument } from '../../../../stages/report/read/energy.js';
import type { LoadedEvaluation, ReportInputs } from '../../../../stages/report/read/inputs.js';
import { readInputs } from '../../../../stages/report/read/read.js';
import { CALIBRATION } from '../../power/blocks.js';
import { WORK, workRecording } from '../../power/work.js';
import { Fixture, type Shape } from './fixture.js';

export async function inputsOf(shape: Partial<Shape> = {}): Promise<ReportInputs> {
  const inputs = await readInputs(new Fixture(shape).context());
  if (!inputs.ok) throw new Error(JSON.stringify(inputs.error));
  return inputs.value;
}

const USS: Readonly<Record<string, number>> = { fp32: 120e6, fp16: 140e6, int8: 60e6 };
const FIGURES = { tokens: 24, length: 32, multiplyAccumulates: 5e8 };

/** A real computation from a recording at two known currents; `faster` divides what an inference takes. */
export function energyDocumentOf(faster = 1): NonNullable<LoadedEvaluation['document']['energy']> {
  const work = energyOfWork(workRecording(), CALIBRATION, WORK);
  if (!work.ok) throw new Error(work.error.message);
  const measured: EvaluationEnergy = evaluationEnergy(
    {
      windows: WORK.windows.map((window, index) => ({
        ...window,
        window: index + 1,
        n: 300 * faster,
        untimed: 0,
        resize_s: 0,
        load_s: 1,
        warm_up: { inferences: 5, seconds: 1, steady: true },
        peak_rss_bytes: 1,
        cores: null,
        neighbours: [],
      })),
      idle: [],
    },
    {
      meter: { kind: 'acs712-05b', powerClass: 'measured_inline' },
      calibrated: true,
      lost: null,
      energy: work.value,
      emulated: false,
      needed_s: 600,
    },
  );
  return energyDocument.parse(measured);
}

/** With what `evaluate` records beside latencies: three windows, their tokens, memory, processor time, verdict and joules. */
export function withMeasurements(inputs: ReportInputs): ReportInputs {
  const energy = [1, 2].map(energyDocumentOf);
  return {
    ...inputs,
    exports: inputs.exports.map((card) => ({
      ...card,
      document: {
        ...card.document,
        multiply_accumulates: {
          fixed: 0,
          per_token: FIGURES.multiplyAccumulates / FIGURES.length,
          per_token_squared: 0,
        },
      },
    })),
    evaluations: inputs.evaluations.map((one) => {
      const precision = String(one.source.coordinates.precision);
      const [whole = new Float64Array()] = one.windows;
      const part = Math.ceil(whole.length / 3);
      const joules = energy[precision === 'int8' ? 1 : 0];
      return {
        ...one,
        windows: [0, 1, 2].map((index) => whole.slice(index * part, (index + 1) * part)),
        windowTokens: [FIGURES.tokens],
        document: {
          ...one.document,
          verdict: 'valid',
          uss_bytes: USS[precision] ?? 0,
          cpu_ms_per_inference: (precision === 'int8' ? 1 : 2) * 4,
          ...(one.document.emulated || joules === undefined ? {} : { energy: joules }),
        },
      };
    }),
  };
}

/** The inputs with the documents of some evaluations changed. */
export function changing(
  inputs: ReportInputs,
  isMeant: (one: LoadedEvaluation) => boolean,
  change: (document: LoadedEvaluation['document']) => Partial<LoadedEvaluation['document']>,
): ReportInputs {
  return {
    ...inputs,
    evaluations: inputs.evaluations.map((one) =>
      isMeant(one) ? { ...one, document: { ...one.document, ...change(one.document) } } : one,
    ),
  };
}

/** As a device that got too hot leaves it. */
export const INVALID = {
  verdict: 'invalid',
  gates: [{ gate: 'throttling', verdict: 'failed', message: 'it was throttled at 4.0 s', samples: [] }],
} satisfies Partial<LoadedEvaluation['document']>;

export const precisionOf = ({ source }: LoadedEvaluation): string => String(source.coordinates.precision);
export const deviceOf = ({ source }: LoadedEvaluation): string => String(source.coordinates.device);
