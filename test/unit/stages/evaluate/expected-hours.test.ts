import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../../../pipeline/base/canonical.js';
import type { EstimateContext, KnownResult } from '../../../../pipeline/contract/stage.js';
import { expectedMeasurement, secondsOnDevice } from '../../../../stages/_shared/expected-hours.js';
import { multiplyAccumulates } from '../../../../stages/_shared/model-operations.js';
import { PROTOCOLS, TIMING_PROTOCOLS } from '../../../../stages/_shared/protocols.js';
import { publishedBoard } from '../../../../stages/_shared/published-speeds.js';

const HOUR = 3600;
const measuring = (protocol: 'quick' | 'study', more: Record<string, Json> = {}) => ({
  protocol: { name: protocol, ...PROTOCOLS[protocol], ...TIMING_PROTOCOLS[protocol] },
  threads: 1,
  device: { name: 'rpi3b', transport: 'ssh', host: 'pi@rpi3b.local' },
  ...more,
});

const split = (test: number) => ({ uses: 'split', options: {}, last: known({}, { test }, 1) });

function known(
  coordinates: KnownResult['coordinates'],
  summary: KnownResult['summary'],
  seconds: number,
  options: Record<string, Json> = {},
): KnownResult {
  return { coordinates, options, summary, seconds };
}

function context(given: Partial<EstimateContext> = {}): EstimateContext {
  return {
    coordinates: { model: 'mobilebert', precision: 'fp32', seed: 1, device: 'rpi3b' },
    options: measuring('study'),
    models: { mobilebert: { preset: 'mobilebert', weights: 'random:1' } },
    board: 'Raspberry Pi 3 Model B Rev 1.2',
    upstream: [split(38_983)],
    earlier: [],
    ...given,
  };
}

describe('expectedMeasurement', () => {
  it("comes to the paper's 47 hours for the answers of one seed over three precisions on a 3B", () => {
    const one = (precision: string): number => {
      const options = measuring('study');
      const { windows: _, ...once } = options.protocol;
      const protocol = { ...once, before_s: 0, after_s: 0, warmup: 0 };
      const coordinates = { model: 'mobilebert', precision, seed: 1, device: 'rpi3b' };
      const device = { name: 'rpi3b', transport: 'local' };
      return (
        expectedMeasurement(context({ coordinates, options: { ...options, protocol, device } })).seconds ?? 0
      );
    };
    expect((one('fp32') + one('fp16') + one('int8')) / HOUR).toBeCloseTo(47.05, 1);
  });

  it('adds warming up, windows, idle time and the comparison with this machine', () => {
    const estimate = expectedMeasurement(context());
    const answers = (100 + 38_983) * 1.6602;
    const windows = 5 * (1024 * 1.6602 + 100 * 1.6602);
    expect(estimate.seconds).toBeCloseTo(256 * 1.6602 + 120 + answers + 120 + windows, 3);
    expect(estimate).toMatchObject({
      work: 'study, fp32',
      basis: '38983 tweets; published for rpi3b, MobileBERT at 128 tokens: 1.66 s each',
    });
  });

  it('times whole rounds over few texts', () => {
    const options = measuring('quick', { device: { name: 'local', transport: 'local' } });
    // 30 texts of 10 ms: 128 inferences are five rounds of them, which take longer than the second asked for.
    expect(secondsOnDevice(options as never, 30, 0.01)).toBeCloseTo(4 + 50 * 0.01 + 3 * (1.5 + 2), 6);
  });

  it('takes what was measured before what was published, and the same measurement before both', () => {
    const mine = (seed: number, ms: number, options: Record<string, Json> = measuring('quick')) =>
      known(
        { model: 'mobilebert', precision: 'fp32', seed, device: 'rpi3b' },
        { latency_median_ms: ms, tweets: 38_983 },
        7777,
        options,
      );
    const measured = expectedMeasurement(context({ earlier: [mine(1, 500), mine(2, 520), mine(3, 510)] }));
    expect(measured.basis).toBe('38983 tweets; measured: 510 ms each in 3 earlier evaluations');
    const same = context({ earlier: [mine(2, 500, measuring('study'))] });
    expect(expectedMeasurement(same)).toEqual({
      seconds: 7777,
      work: 'study, fp32',
      basis: 'the same took so long before',
    });
    // Another test set: the like of it is no longer the same.
    expect(expectedMeasurement({ ...same, upstream: [split(100)] }).basis).toContain('measured: 500 ms');
    const spoilt = (one: KnownResult) => ({ ...one, summary: { ...one.summary, verdict: 'invalid' } });
    const basisOf = (earlier: KnownResult[]) => expectedMeasurement(context({ earlier })).basis;
    expect(basisOf([spoilt(mine(1, 900)), mine(2, 500)])).toContain('500 ms each in one earlier evaluation');
    expect(basisOf([spoilt(mine(1, 900))])).toMatch(/900 ms each in one earlier evaluation, INVALID$/);
    const elsewhere = measuring('quick', { device: { name: 'rpi4b', transport: 'ssh' } });
    expect(expectedMeasurement(context({ earlier: [mine(1, 5, elsewhere)] })).basis).toContain('published');
  });

  it('scales what was published by the operations of the model at its length', () => {
    const models = { mobilebert: { preset: 'minilm-l6', weights: 'random:1' } };
    const upstream = [
      split(1000),
      { uses: 'freeze', options: { sequence_length: 'dynamic' }, last: null },
      { uses: 'encode', options: { max_length: 128 }, last: known({}, { mean_tokens: 25.5 }, 1) },
    ];
    const { basis } = expectedMeasurement(context({ models, upstream }));
    expect(basis).toMatch(
      /1\.66 s each, scaled by 0\.1 for the operations of this one at 25\.5 tokens, the mean of these tweets$/,
    );
  });

  it.each([
    ['no test set yet', { upstream: [] }, /number of test tweets is known when `split` has run$/],
    ['another board', { board: 'Raspberry Pi 5 Model B Rev 1.0' }, /^no earlier measurement$/],
    [
      'sizes that only the weights know',
      { models: { mobilebert: { family: 'bert', weights: 'dir:x' } } },
      /^no earlier measurement$/,
    ],
  ])('leaves unknown what it cannot know: %s', (_what, given, basis) => {
    const estimate = expectedMeasurement(context(given));
    expect(estimate.seconds).toBeNull();
    expect(estimate.basis).toMatch(basis);
  });

  it('takes the limit for the number of tweets, and the name for a board that never answered', () => {
    const estimate = expectedMeasurement(
      context({ upstream: [], board: null, options: measuring('study', { limit: 100 }) }),
    );
    expect(estimate.seconds).not.toBeNull();
    expect(estimate.basis).toMatch(/^100 tweets; published for rpi3b, by its name alone/);
    expect(publishedBoard('Raspberry Pi 3 Model B Plus Rev 1.3', 'attic')).toBe('rpi3bplus');
    expect(publishedBoard(null, 'attic')).toBeNull();
  });
});

const python = process.env.EDGELINE_TEST_PYTHON ?? '';

it.skipIf(python === '')(
  `counts operations as the worker's library does${python === '' ? ' (skipped: EDGELINE_TEST_PYTHON is not set)' : ''}`,
  () => {
    const names = 'bert-base bert-large bert-mini bert-small bert-tiny minilm-l3 minilm-l6 mobilebert';
    const models = [
      ...names.split(' ').map((preset) => ({ preset })),
      { preset: 'minilm-l6', layers: 8, hidden_size: 96, intermediate_size: 100, pooler: true },
      { preset: 'bert-tiny', layers: 2, intermediate_size: [64, 32] },
      { preset: 'mobilebert', layers: 2, embedding_size: 64, feed_forward_networks: [2, 3] },
      { preset: 'mobilebert', layers: 3, intra_bottleneck_size: 64, hidden_size: 256 },
    ].map((model) => ({ ...model, weights: 'random:1' }));
    const program = `
import json, sys
from edgeline_worker.presets import spec_of_declaration
from edgeline_worker.spec import multiply_accumulates
models = json.load(sys.stdin)
print(json.dumps([[multiply_accumulates(spec_of_declaration(m), n) for n in (1, 31, 128)] for m in models]))`;
    const counted = execFileSync(python, ['-c', program], {
      input: JSON.stringify(models),
      env: { ...process.env, PYTHONPATH: 'stages/_python', PYTHONDONTWRITEBYTECODE: '1' },
      encoding: 'utf8',
    });
    expect(models.map((model) => [1, 31, 128].map((length) => multiplyAccumulates(model, length)))).toEqual(
      JSON.parse(counted),
    );
  },
);
