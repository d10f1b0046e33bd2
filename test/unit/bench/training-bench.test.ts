import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  benchTraining,
  extrapolatedEpoch,
  type TrainerPeer,
} from '../../../pipeline/bench/training-bench.js';
import { lossProblem, timedTraining } from '../../../pipeline/bench/training-process.js';
import { fineTune, type TrainingProgram } from '../../../pipeline/bench/training-programs.js';
import { writeEncodedTexts } from '../../../pipeline/bench/training-texts.js';
import { workerEnvironment } from '../../../pipeline/cli/worker-environment.js';
import type { BenchMeasure } from '../../../pipeline/contract/bench.js';
import { definition } from '../../../stages/fine-tune/definition.js';
import { INSTALLATION } from '../../rig/pipeline-rig.js';
import { resolveContext } from '../stages/resolve-context.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'edgeline-bench-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const TRAINER = join(INSTALLATION, 'test/fixtures/bench/trainer.mjs');

function otherTrainer(name: string, behaviour: string): TrainingProgram {
  return {
    name,
    command: (task, own) => {
      mkdirSync(own, { recursive: true });
      writeFileSync(join(own, 'job.json'), JSON.stringify({ steps: task.steps }));
      return { argv: [process.execPath, TRAINER, join(own, 'job.json'), behaviour], env: {} };
    },
  };
}

const python = process.env.EDGELINE_TEST_PYTHON ?? '';

// Draws an encoder and trains it for 20 steps, which loads TensorFlow once: some 15 s.
it.skipIf(!existsSync(python))(
  'measures the real stage, and a peer with its best setting that trains',
  { timeout: 300_000 },
  async () => {
    const given = definition.options.parse({}) as Parameters<typeof definition.resolve>[0];
    const resolved = definition.resolve(given, resolveContext());
    if ('blocked' in resolved) throw new Error(resolved.blocked);
    const own = {
      python,
      installation: INSTALLATION,
      environment: (scratch: string) =>
        workerEnvironment(process.env, INSTALLATION, scratch, definition.worker),
    };
    const tried: string[] = [];
    const peer: TrainerPeer = {
      name: 'node',
      settings: () => ['rise', 'nan', 'crash'].map((name) => ({ name, arguments: {} })),
      program: ({ name }) => {
        tried.push(name);
        return otherTrainer(name, name === 'as it comes' ? 'fall' : name);
      },
    };
    const said: string[] = [];
    const kept: BenchMeasure[] = [];
    const measures = await benchTraining({
      own,
      program: fineTune(own, resolved.options),
      peer,
      cases: [
        {
          name: 'tiny',
          preset: 'bert-tiny',
          lengths: { kind: 'tweets' },
          batchSize: 8,
          warmUp: 10,
          steps: 20,
        },
      ],
      folder,
      repeats: 1,
      host: 'test',
      signal: new AbortController().signal,
      onProgress: (message) => said.push(message),
      onMeasured: (finished) => kept.push(...finished),
    });
    if (!measures.ok) throw new Error(measures.error);
    expect(kept).toEqual(measures.value);
    expect(said).toContainEqual(
      expect.stringMatching(/^tiny: edgeline, 1 of 1: [\d.]+ samples\/s, the first step after [\d.]+ s$/),
    );
    const [speed, start, memory] = measures.value;
    expect(measures.value.map(({ measure, unit, n }) => [measure, unit, n])).toEqual([
      ['train_tiny_samples_per_s', 'samples/s', 1],
      ['train_tiny_start_to_first_step_s', 's', 1],
      ['train_tiny_peak_rss_mb', 'MB', 1],
    ]);
    expect(speed?.value).toBeGreaterThan(0);
    expect(start?.value).toBeGreaterThan(1);
    expect(memory?.value).toBeGreaterThan(100);
    const { trainer_default: usual = 0, trainer_best: best = 0 } = speed?.peers ?? {};
    expect(usual).toBeGreaterThan(0);
    expect(best).toBe(usual);
    expect(speed?.limit).toEqual({ kind: 'at-least', value: 2 * usual });
    expect(speed?.note).toContain('best with: as it comes');
    expect(tried).toEqual(['as it comes', 'rise', 'nan', 'crash', 'as it comes']);
    expect(said.filter((line) => line.includes('without')).join('\n')).toMatch(
      /without rise: .*its loss rose[\s\S]*without nan: .*a loss was[\s\S]*without crash: .*exit code 7:\nout of ideas/,
    );
  },
);

describe('timedTraining', () => {
  const start = (behaviour: string, steps = 6) => {
    const { argv } = otherTrainer('x', behaviour).command(
      { encoder: '', fit: '', batchSize: 4, steps },
      folder,
    );
    const training = { argv, env: {}, cwd: folder, batchSize: 4, warmUp: 2, steps };
    return timedTraining(training, new AbortController().signal);
  };

  it('counts the steps after the warm-up', async () => {
    const timing = await start('fall');
    if (!timing.ok) throw new Error(timing.error);
    expect(timing.value.losses).toHaveLength(6);
    // Six steps of two milliseconds or more, with a process before them.
    expect(timing.value.startToFirstStep).toBeGreaterThan(0.005);
    expect(timing.value.samplesPerSecond).toBeLessThan(2000);
  });

  it('is no figure where there are no steps after the warm-up', async () => {
    expect(await start('fall', 2)).toEqual({
      ok: false,
      error: expect.stringContaining('reported no steps'),
    });
  });

  it('says what a program said that failed', async () => {
    expect(await start('crash')).toEqual({ ok: false, error: expect.stringMatching(/exit code 7:\nout of/) });
  });

  it('says that a program is not there', async () => {
    const training = {
      argv: [join(folder, 'none')],
      env: {},
      cwd: folder,
      batchSize: 1,
      warmUp: 1,
      steps: 2,
    };
    const timing = await timedTraining(training, new AbortController().signal);
    expect(timing).toEqual({ ok: false, error: expect.stringContaining('could not be run') });
  });
});

it.each([
  [[1.1, 1.0, 0.9, 0.8], null],
  [[1.1], 'it reported no losses'],
  [[1, 1, 1, 1], 'its loss stayed at 1'],
  [[1, 1.2, 1.4, 1.6], null],
  [[1, 1, 2, 2], 'its loss rose: 1 in the first half, 2 in the second'],
  [[1, Number.NaN], 'a loss was NaN'],
])('losses %j: %j', (losses, problem) => {
  expect(lossProblem(losses)).toBe(problem);
});

it('labels an epoch that was not measured', () => {
  const speed = {
    measure: 'train_x_samples_per_s',
    unit: 'samples/s',
    value: 100,
    min: 50,
    max: 200,
  } as const;
  const { note, ...epoch } = extrapolatedEpoch({ ...speed, n: 3, peers: {}, host: 'test' });
  expect(epoch).toMatchObject({
    measure: 'train_x_epoch_extrapolated_s',
    unit: 's',
    value: 100,
    min: 50,
    max: 200,
  });
  expect(note).toContain('extrapolated, not measured');
});

describe('generated texts', () => {
  const lengthsOf = (path: string): readonly number[] =>
    readFileSync(path, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).input_ids.length);

  it('are as long as tweets', () => {
    writeEncodedTexts(folder, { texts: 4000, validation: 10, lengths: { kind: 'tweets' } });
    const lengths = lengthsOf(join(folder, 'train.jsonl'));
    expect(lengths).toHaveLength(4000);
    expect(lengths.reduce((sum, length) => sum + length, 0) / 4000).toBeCloseTo(25, 0);
    const share = lengths.filter((length) => length <= 41).length / 4000;
    expect(share).toBeGreaterThan(0.94);
    expect(share).toBeLessThan(0.97);
    expect(lengthsOf(join(folder, 'validation.jsonl'))).toHaveLength(10);
  });

  it('are the same each time, and all of one length where that is asked for', () => {
    const write = (): string => {
      writeEncodedTexts(folder, { texts: 20, validation: 1, lengths: { kind: 'all', tokens: 32 } });
      return readFileSync(join(folder, 'train.jsonl'), 'utf8');
    };
    expect(write()).toBe(write());
    expect(new Set(lengthsOf(join(folder, 'train.jsonl')))).toEqual(new Set([32]));
  });
});
