import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomically } from '../../pipeline/base/atomic-write.js';
import { canonicalJson, digestOf, hexOf, type Json } from '../../pipeline/base/canonical.js';
import { err, ok } from '../../pipeline/base/result.js';
import type { StageWorker } from '../../pipeline/contract/worker.js';
import { rounded } from '../../pipeline/measure/scores.js';
import { type Answers, answer } from './answer.js';
import { countClasses } from './classifier.js';
import { countFeatures, type SparseVector } from './features.js';
import type { LinearOptions } from './linear.js';
import { type Tokens, tokenizerOf } from './tokens.js';
import { type ClassifierName, modelBytes, readExamples, secondsSince, type Trained, train } from './train.js';

interface Options extends LinearOptions, Tokens {
  readonly classifiers: readonly ClassifierName[];
  readonly ngrams: number;
  readonly feature_bits: number;
}

interface Scored {
  readonly trained: Trained;
  readonly model: Buffer;
  readonly validation: Answers;
  readonly test: Answers;
}

export const run: StageWorker = async (context) => {
  const { job, log } = context;
  const options = job.options as unknown as Options;
  const fit = job.inputs.fit?.[0]?.path;
  const test = job.inputs.test?.[0]?.path;
  const { baseline: out, timing } = job.outputs;
  if (fit === undefined || test === undefined || out === undefined || timing === undefined) {
    throw new Error('Internal error: the job of baseline lacks an input or an output');
  }
  const labels = readLabels(fit);
  if (canonicalJson(labels) !== canonicalJson(readLabels(test))) {
    return err({
      code: 'labels-differ',
      message: 'the training tweets have other labels than the test tweets',
    });
  }
  const { ngrams, feature_bits } = options;
  const tokensOf = tokenizerOf(options);
  const featuresOf = (text: string): SparseVector => countFeatures(tokensOf(text), ngrams, feature_bits);
  const started = performance.now();
  const examples = await readExamples(context, join(fit, 'train.jsonl'), labels, feature_bits, featuresOf);
  if (!examples.ok) return examples;
  const readSeconds = secondsSince(started);

  mkdirSync(out, { recursive: true });
  const scored: Scored[] = [];
  for (const name of options.classifiers) {
    const trained = train(name, examples.value, options);
    const model = modelBytes(trained);
    writeFileSync(join(out, `${name}.bin`), model);
    const asked = (file: string, answers?: string) =>
      answer(context, trained, featuresOf, labels, file, answers);
    const validation = await asked(join(fit, 'validation.jsonl'));
    if (!validation.ok) return validation;
    const tested = await asked(join(test, 'test.jsonl'), join(out, `${name}.jsonl`));
    if (!tested.ok) return tested;
    const { figures, latency } = tested.value;
    scored.push({ trained, model, validation: validation.value, test: tested.value });
    log('info', `${name}: macro-F1 ${figures.macro_f1.toFixed(3)}, ${latency.mean.toFixed(3)} ms a tweet`);
  }
  const card = {
    schema: 1,
    options: job.options,
    labels,
    train: Object.fromEntries(
      countClasses(examples.value).map((count, label) => [labels[label] ?? '', count]),
    ),
    classifiers: scored.map(({ trained, model, validation, test: { figures } }) => ({
      name: trained.name,
      model_bytes: model.length,
      model_sha256: hexOf(digestOf(model)),
      validation: { accuracy: validation.figures.accuracy, macro_f1: validation.figures.macro_f1 },
      ...figures,
    })),
  };
  writeFileAtomically(join(out, 'baseline.json'), `${canonicalJson(card as unknown as Json)}\n`);
  const times = {
    schema: 1,
    read_s: rounded(readSeconds),
    classifiers: scored.map(({ trained: { name, trainSeconds }, test: { latency } }) => ({
      name,
      train_s: rounded(trainSeconds),
      latency_ms: latency,
    })),
  };
  writeFileAtomically(timing, `${canonicalJson(times as unknown as Json)}\n`);
  return ok(
    Object.fromEntries(
      card.classifiers.flatMap(({ name, accuracy, macro_f1 }) => [
        [`${name}_accuracy`, rounded(accuracy)],
        [`${name}_macro_f1`, rounded(macro_f1)],
      ]),
    ),
  );
};

function readLabels(split: string): readonly string[] {
  return JSON.parse(readFileSync(join(split, 'labels.json'), 'utf8')) as readonly string[];
}
