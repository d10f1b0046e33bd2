import { readJsonLines } from '../../pipeline/base/json-lines.js';
import { err, ok, type Result } from '../../pipeline/base/result.js';
import type { StageContext, StageFailure } from '../../pipeline/contract/worker.js';
import type { Examples, LinearScores } from './classifier.js';
import { inverseDocumentFrequencies, type SparseVector, tfIdf } from './features.js';
import { type LinearOptions, trainLinear } from './linear.js';
import { trainNaiveBayes } from './naive-bayes.js';

export interface Tweet {
  readonly entity: string;
  readonly id: string;
  readonly label: string;
  readonly text: string;
}

export type ClassifierName = 'naive-bayes' | 'linear';

/** A trained classifier, with what it needs to answer. */
export interface Trained {
  readonly name: ClassifierName;
  readonly scores: LinearScores;
  /** Inverse document frequencies of the training tweets; null where it takes counts as they are. */
  readonly frequencies: Float32Array | null;
  readonly trainSeconds: number;
}

/** Tweets between two looks at the signal and two words of progress. */
export const STRIDE = 1000;

export const aborted = (): StageFailure => ({
  code: 'aborted',
  message: 'Stopped while the tweets were read',
});

export const secondsSince = (started: number): number => (performance.now() - started) / 1000;

export async function readExamples(
  { signal, progress }: StageContext,
  file: string,
  labels: readonly string[],
  bits: number,
  featuresOf: (text: string) => SparseVector,
): Promise<Result<Examples, StageFailure>> {
  const texts: SparseVector[] = [];
  const classes: number[] = [];
  for await (const { text, label } of readJsonLines<Tweet>(file)) {
    texts.push(featuresOf(text));
    classes.push(labels.indexOf(label));
    if (texts.length % STRIDE !== 0) continue;
    if (signal.aborted) return err(aborted());
    progress(texts.length, undefined, 'tweets', 'reading');
  }
  return ok({ texts, labels: classes, classes: labels.length, bits });
}

export function train(name: ClassifierName, examples: Examples, options: LinearOptions): Trained {
  const started = performance.now();
  if (name === 'naive-bayes') {
    const scores = trainNaiveBayes(examples);
    return { name, scores, frequencies: null, trainSeconds: secondsSince(started) };
  }
  const frequencies = inverseDocumentFrequencies(examples.texts, examples.bits);
  const texts = examples.texts.map((text) => tfIdf(text, frequencies));
  const scores = trainLinear({ ...examples, texts }, options);
  return { name, scores, frequencies, trainSeconds: secondsSince(started) };
}

/** The constants of all classes, their weights class by class, and the inverse document frequencies: little-endian float32. */
export function modelBytes({ scores, frequencies }: Trained): Buffer {
  const parts = [scores.bias, ...scores.weights, ...(frequencies === null ? [] : [frequencies])];
  return Buffer.concat(parts.map((part) => Buffer.from(part.buffer, part.byteOffset, part.byteLength)));
}
