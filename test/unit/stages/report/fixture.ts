import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestOf, type Json } from '../../../../pipeline/base/canonical.js';
import { randomFrom } from '../../../../pipeline/base/random.js';
import type { Coordinates } from '../../../../pipeline/contract/config.js';
import type { JobInput, StageContext } from '../../../../pipeline/contract/worker.js';
import { confusionOf, scoresOf } from '../../../../stages/report/statistics/descriptive.js';
import {
  conversionCard,
  encodeCard,
  probeOf,
  seedOfText,
  telemetryOf,
  trainingLog,
} from './fixture-cards.js';

/** What a made-up run consists of. */
export interface Shape {
  readonly models: readonly string[];
  readonly seeds: readonly number[];
  readonly precisions: readonly string[];
  readonly devices: readonly string[];
  readonly tweets: number;
  readonly labels: readonly string[];
  readonly study: string;
  readonly synthetic: boolean;
  readonly emulated: readonly string[];
  /** Instances that are left out. */
  readonly without: (instance: string) => boolean;
  readonly sampleTexts: readonly string[];
}

export const SHAPE: Shape = {
  models: ['minilm-l3', 'minilm-l6'],
  seeds: [1, 2, 3],
  precisions: ['fp32', 'fp16', 'int8'],
  devices: ['local'],
  tweets: 400,
  labels: ['NEGATIVE', 'NEUTRAL', 'POSITIVE'],
  study: 'quantized-transformers-on-edge-devices',
  synthetic: true,
  emulated: [],
  without: () => false,
  sampleTexts: ['Loving the new  Auto X! 🚗 http://t.co/abc'],
};

const SIZES: Readonly<Record<string, number>> = { fp32: 4, fp16: 2, int8: 1.03 };
const SPEEDS: Readonly<Record<string, number>> = { fp32: 4.4, fp16: 4.6, int8: 2.1 };

const jsonLines = (items: readonly object[]): string =>
  items.map((item) => `${JSON.stringify(item)}\n`).join('');

/** Three entities of falling size; the last has tweets of few classes where there are few tweets. */
const entityOf = (index: number): string => `RL2013D01E00${index % 10 < 6 ? 1 : index % 10 < 9 ? 2 : 3}`;

export class Fixture {
  readonly folder = mkdtempSync(join(tmpdir(), 'edgeline-report-'));
  readonly inputs: Record<string, JobInput[]> = {};
  readonly shape: Shape;
  static readonly #folders: string[] = [];
  #count = 0;

  constructor(shape: Partial<Shape> = {}) {
    this.shape = { ...SHAPE, ...shape };
    Fixture.#folders.push(this.folder);
    this.#build();
  }

  /** Deletes what all fixtures wrote. */
  static removeAll(): void {
    for (const folder of Fixture.#folders.splice(0)) rmSync(folder, { recursive: true });
  }

  /** Adds an input whose files are `files`: one named `` is the artifact itself, others lie in its folder. */
  add(
    name: string,
    artifact: string,
    stage: string,
    coordinates: Coordinates,
    files: Record<string, string>,
  ): void {
    const axes = Object.keys(coordinates).sort();
    const instance =
      axes.length === 0 ? stage : `${stage}@${axes.map((axis) => `${axis}=${coordinates[axis]}`).join(',')}`;
    if (this.shape.without(instance)) return;
    this.#count += 1;
    const path = join(this.folder, 'inputs', String(this.#count));
    mkdirSync(join(this.folder, 'inputs'), { recursive: true });
    for (const [file, text] of Object.entries(files)) {
      if (file !== '') mkdirSync(path, { recursive: true });
      writeFileSync(file === '' ? path : join(path, file), text);
    }
    const own = this.inputs[name] ?? [];
    own.push({
      path,
      digest: digestOf(Object.values(files).join('\0')),
      artifact,
      output: name,
      instance,
      stage,
      coordinates,
      key: digestOf(`key of ${instance}`),
    });
    this.inputs[name] = own;
  }

  context(
    options: Record<string, Json> = {},
    profile: readonly string[] = ['quickstart'],
  ): StageContext & { logs: string[] } {
    const logs: string[] = [];
    const out = mkdtempSync(join(this.folder, 'out-'));
    return {
      logs,
      job: {
        schema: 1,
        instance: 'report',
        stage: 'report',
        uses: 'report',
        key: digestOf('report'),
        study: this.shape.study,
        profile,
        coordinates: {},
        options,
        inputs: this.inputs,
        external: {},
        outputs: { report: join(out, 'report') },
        out_dir: out,
        scratch_dir: out,
        cache_dir: out,
        threads: 1,
        python: 'python3',
      },
      signal: new AbortController().signal,
      progress() {},
      metric() {},
      log: (level, message) => logs.push(`${level}: ${message}`),
      connect: () => Promise.reject(new Error('a report needs no device')),
    };
  }

  #build(): void {
    this.#addData();
    this.#addSplits();
    for (const model of this.shape.models) {
      this.add('encode', 'encode-card', 'encode', { model }, { '': JSON.stringify(encodeCard()) });
      for (const seed of this.shape.seeds) {
        const at = { model, seed };
        this.#addTraining(at);
        this.add('export', 'export-card', 'export', at, {
          '': JSON.stringify({
            schema: 1,
            signature: 'serving_default',
            bytes: 91_000_000,
            parity: { inputs: 8 },
          }),
        });
        for (const precision of this.shape.precisions) {
          const bytes = this.#bytes(model, precision);
          this.add(
            'conversion',
            'conversion-card',
            'convert',
            { ...at, precision },
            { '': JSON.stringify(conversionCard(precision, bytes, this.shape.labels)) },
          );
          for (const device of this.shape.devices) this.#addMeasurement({ ...at, precision, device }, bytes);
        }
      }
    }
  }

  #bytes(model: string, precision: string): number {
    return Math.round((model.endsWith('l6') ? 22_700_000 : 17_400_000) * (SIZES[precision] ?? 1));
  }

  #addData(): void {
    const { labels, tweets, sampleTexts, synthetic } = this.shape;
    const counts = (total: number): Record<string, number> =>
      Object.fromEntries(labels.map((label, index) => [label, this.#share(index, total)]));
    const fetched = {
      schema: 1,
      source: 'sample',
      synthetic,
      files: 122,
      rows: { training: 4_000, test: tweets * 2 },
      joined: { training: { labelled: 3_900, with_text: 3_700 }, test: { labelled: 700, with_text: 690 } },
      texts_from: { training: { 'texts-1': 3_000, 'texts-2': 700 }, test: { 'texts-1': 690 } },
      dropped: [
        {
          kind: 'row',
          split: 'training',
          reason: 'shifted-column',
          count: 2,
          examples: [{ file: 'training/labeled/RL2013D04E169.dat', line: 12, id: '216287162696605696' }],
        },
      ],
      warnings: ['12 entities have no texts'],
      sha256: 'x',
    };
    this.add('fetch', 'fetch-card', 'fetch', {}, { '': JSON.stringify(fetched) });
    const bucket = { used: tweets, unrelated: 30, 'other-language': 120, 'no-text': 9 };
    const cleaned = {
      schema: 1,
      rules: 'paper',
      filter: {},
      buckets: { training: { ...bucket, used: 3_000 }, test: bucket },
      labels: { training: counts(3_000), test: counts(tweets) },
      entities: { training: 61, test: 49 },
      entities_without_text: ['RL2013D01E001', 'RL2013D04E194'],
      leaks: { exact: 7 },
      samples: sampleTexts.map((text) => ({ before: text, after: text.toLowerCase() })),
      steps: [
        {
          ...{ name: 'urls', summary: 'URLs go.', changed: 42 },
          samples: sampleTexts.map((text) => ({ before: `${text} http://t.co/x`, after: `${text} ` })),
        },
      ],
      sha256: 'x',
    };
    this.add('clean', 'clean-card', 'clean', {}, { '': JSON.stringify(cleaned) });
    const split = {
      schema: 1,
      seed: 7,
      counts: { train: counts(2_700), validation: counts(300), test: counts(tweets) },
    };
    this.add('split', 'split-card', 'split', {}, { '': JSON.stringify(split) });
  }

  /** Uneven classes, the last one the most frequent, that add up to `total`. */
  #share(index: number, total: number): number {
    const last = this.shape.labels.length - 1;
    const small = Math.floor((total * 0.45) / Math.max(1, last));
    return index === last ? total - small * last : small;
  }

  /** The highest is that of `predicted`. */
  #logits(predicted: number, random: () => number): number[] {
    return this.shape.labels.map((_, index) => random() + (index === predicted ? 1 + 2 * random() : 0));
  }

  /** The answers of the epoch that was kept, and the log that agrees with them. */
  #addTraining(at: { model: string; seed: number }): void {
    const { labels } = this.shape;
    const random = randomFrom(seedOfText(`${at.model} ${at.seed} validation`));
    const rows = this.#tweets('validation').map(({ id, entity, label }) => {
      const predicted = random() < 0.7 ? label : Math.floor(random() * labels.length);
      return { id, entity, label, logits: this.#logits(predicted, random) };
    });
    const matrix = confusionOf(
      Uint8Array.from(rows, ({ label }) => label),
      Uint8Array.from(rows, ({ logits }) => logits.indexOf(Math.max(...logits))),
      labels.length,
    );
    this.add('training', 'training-log', 'fine-tune', at, {
      '': JSON.stringify(trainingLog(at.model, at.seed, labels, matrix)),
    });
    this.add('validation', 'validation-predictions', 'fine-tune', at, { '': jsonLines(rows) });
  }

  #tweets(split: 'validation' | 'test'): { id: string; entity: string; label: number }[] {
    const { labels, tweets } = this.shape;
    const total = split === 'test' ? tweets : Math.floor(tweets / 2);
    const first = split === 'test' ? 187281022927384577n : 297281022927384577n;
    return Array.from({ length: total }, (_, index) => ({
      id: String(first + BigInt(index)),
      entity: entityOf(index),
      label: labels.findIndex(
        (_, at) => index < labels.slice(0, at + 1).reduce((sum, _, i) => sum + this.#share(i, total), 0),
      ),
    }));
  }

  #addSplits(): void {
    const { labels, sampleTexts } = this.shape;
    const rows = (split: 'validation' | 'test'): string =>
      jsonLines(
        this.#tweets(split).map(({ id, entity, label }) => ({
          id,
          entity,
          entity_name: `Maker of ${entity.slice(-1)}`,
          domain: 'automotive',
          label: labels[label],
          text: sampleTexts[0] ?? '',
        })),
      );
    this.add('fit-split', 'fit-split', 'split', {}, { 'validation.jsonl': rows('validation') });
    this.add('test-split', 'test-split', 'split', {}, { 'test.jsonl': rows('test') });
  }

  #addMeasurement(
    coordinates: { model: string; seed: number; precision: string; device: string },
    bytes: number,
  ): void {
    const { model, seed, precision, device } = coordinates;
    const { labels, tweets } = this.shape;
    const transport = device === 'local' ? 'local' : 'ssh';
    const answers = randomFrom(seedOfText(`${model} ${seed}`));
    const noise = randomFrom(seedOfText(`${model} ${seed} ${precision}`));
    const times = randomFrom(seedOfText(JSON.stringify(coordinates)));
    const sureness = randomFrom(seedOfText(`${model} ${seed} sureness`));
    const skill = (model.endsWith('l6') ? 0.52 : 0.47) + 0.02 * answers();
    const base = (SPEEDS[precision] ?? 5) * (model.endsWith('l6') ? 2 : 1) * (device === 'local' ? 1 : 30);
    const rows = this.#tweets('test').map(({ id, entity, label }) => {
      const isRight = answers() < skill;
      const guess = Math.floor(answers() ** 0.7 * labels.length);
      const flips = precision === 'int8' && noise() < 0.02;
      const predicted = flips ? Math.floor(noise() * labels.length) : isRight ? label : guess;
      const latency = base * (0.7 + times() * 0.6) + (times() < 0.01 ? base * 6 * times() : 0);
      return {
        id,
        entity,
        label,
        predicted,
        logits: this.#logits(predicted, sureness),
        latency_ms: latency,
        tokens: 25,
      };
    });
    const matrix = confusionOf(
      Uint8Array.from(rows, ({ label }) => label),
      Uint8Array.from(rows, ({ predicted }) => predicted),
      labels.length,
    );
    const scores = scoresOf(matrix);
    const evaluation = {
      schema: 1,
      device,
      transport,
      emulated: this.shape.emulated.includes(device),
      probe: probeOf(device),
      runtime: { litert: '2.3.0', delegate: 'xnnpack', threads: 1 },
      protocol: { name: 'quick', before_s: 2, after_s: 2, warmup: 20, sample_hz: 10 },
      n: tweets,
      labels,
      accuracy: scores.accuracy,
      macro_f1: scores.macroF1,
      per_class: [],
      confusion: matrix,
      latency_ms: {},
      wall_s: (base * tweets) / 1000,
      model_bytes: bytes,
      model_sha256: digestOf(`${model} ${seed} ${precision}`).slice(7),
      peak_rss_bytes: bytes * 1.4 + 48_000_000,
      clock: 'time.perf_counter',
      sampler: '/proc and /sys',
    };
    this.add('evaluation', 'evaluation', 'evaluate', coordinates, {
      'evaluation.json': JSON.stringify(evaluation),
      'predictions.jsonl': jsonLines(rows),
      'telemetry.jsonl': jsonLines(telemetryOf(evaluation.peak_rss_bytes, device)),
    });
    const deployment = {
      schema: 1,
      device,
      transport,
      remote: 'bundles/x',
      bundle_sha256: 'x',
      sent_bytes: bytes,
      total_bytes: bytes + 90_000,
      seconds: 0.4,
      probe: probeOf(device),
    };
    this.add('deployment', 'deployment', 'deploy', coordinates, { '': JSON.stringify(deployment) });
  }
}
