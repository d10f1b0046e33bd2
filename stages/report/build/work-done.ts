import { z } from 'zod';
import { canonicalJson } from '../../../pipeline/base/canonical.js';
import { multiplyAccumulates } from '../../_shared/model-operations.js';
import type { Tables } from '../audit/tables-schema.js';
import type { PublishedRow, PublishedWork, Work } from '../model/paper.js';
import { joinedLists } from '../order.js';
import type { LoadedEvaluation, ReportInputs } from '../read/inputs.js';
import { knownOf, meanOf, quantile } from '../statistics/descriptive.js';
import { agrees, conditionsKey, type Measured, type MeasuredRow } from './results.js';
import { secondsOf } from './row-standing.js';

/** Tokens to which inputs are usually padded for models of this kind; the paper does not say to how many its were. */
export const PADDED_LENGTH = 128;

/** Of export.json: multiply-accumulates of n tokens are fixed + per_token n + per_token_squared n². */
const operationTerms = z.object({
  fixed: z.number(),
  per_token: z.number(),
  per_token_squared: z.number(),
});
type Terms = z.infer<typeof operationTerms>;

function termsOf({ source }: LoadedEvaluation, { exports }: ReportInputs): Terms | null {
  const card = exports.find((one) => agrees(one.source.coordinates, source.coordinates));
  const terms = operationTerms.safeParse(card?.document.multiply_accumulates);
  return terms.success ? terms.data : null;
}

/** Mean over texts of these lengths, two for each multiply-accumulate. */
const operationsAt = ({ fixed, per_token, per_token_squared }: Terms, tokens: readonly number[]): number =>
  2 * meanOf(tokens.map((length) => fixed + per_token * length + per_token_squared * length * length));

/** The card of the file that was measured: by its digest, else by its coordinates where all that agree say the same. */
function conversionOf({ source, document }: LoadedEvaluation, { conversions }: ReportInputs) {
  if (document.format === 'saved-model') return null;
  const same = conversions.find((one) => one.document.sha256 === document.model_sha256);
  if (same !== undefined) return same.document;
  const [first, ...others] = conversions
    .filter((one) => agrees(one.source.coordinates, source.coordinates))
    .map((one) => one.document);
  const areAlike = others.every((one) => one.sequence_length === first?.sequence_length);
  return first !== undefined && areAlike ? first : null;
}

/** Tokens of the timed inputs as they ran; null where a card or the lengths are missing. */
function lengthsOf(evaluation: LoadedEvaluation, inputs: ReportInputs) {
  const conversion = conversionOf(evaluation, inputs);
  const isFile = evaluation.document.format !== 'saved-model';
  if (isFile && conversion === null) return null;
  const fixed = Number(conversion?.sequence_length);
  const isPadded = Number.isFinite(fixed);
  return {
    isPadded,
    isUpperBound: conversion?.rewrites.includes('first_row') ?? false,
    tokens: isPadded ? evaluation.windowTokens.map(() => fixed) : evaluation.windowTokens,
    fixed: isPadded ? fixed : null,
  };
}

/** What one inference of this row takes, without what it takes at the padded length. */
function ownWork(
  seeds: readonly Measured[],
  inputs: ReportInputs,
): Omit<Work, 'padded'> & {
  readonly fixed: number | null;
  readonly terms: Terms | null;
} {
  const [first] = seeds;
  const terms = first === undefined ? null : termsOf(first.evaluation, inputs);
  const lengths = seeds.flatMap(({ evaluation }) => lengthsOf(evaluation, inputs) ?? []);
  const tokens = joinedLists(lengths.map((one) => one.tokens));
  return {
    terms,
    fixed: lengths[0]?.fixed ?? null,
    tokens: knownOf(meanOf(tokens)),
    is_padded: lengths.some(({ isPadded }) => isPadded),
    operations: terms === null ? null : knownOf(operationsAt(terms, tokens)),
    is_upper_bound: lengths.some(({ isUpperBound }) => isUpperBound),
  };
}

/** Alike but for the file's length: the stages that made it may have other names. */
function alike({ row, seeds }: MeasuredRow): string {
  const { model, precision, conditions } = row;
  return canonicalJson([model, precision, { ...seeds[0]?.axes }, conditionsKey(conditions)]);
}

export interface WorkedRow {
  readonly measured: MeasuredRow;
  readonly work: Work;
}

/** A time at the paper's length is there only where a row was measured at it. */
export function buildWork(rows: readonly MeasuredRow[], inputs: ReportInputs): WorkedRow[] {
  const all = rows.map((measured) => ({ measured, work: ownWork(measured.seeds, inputs) }));
  const fixed = all.filter(({ work }) => work.fixed === PADDED_LENGTH);
  return all.map(({ measured, work: { terms, fixed: _, ...work } }) => {
    const row = fixed.find((other) => alike(other.measured) === alike(measured))?.measured.row ?? null;
    const padded = {
      length: PADDED_LENGTH,
      operations: terms === null ? null : operationsAt(terms, [PADDED_LENGTH]),
      row: row?.id ?? null,
      seconds: row === null ? null : secondsOf(row),
    };
    return { measured, work: { ...work, padded } };
  });
}

/** What the published speeds say of one inference, beside our count of the model that was measured. */
export function publishedWork({ model }: Tables, rows: readonly PublishedRow[]): PublishedWork | null {
  const operations = rows.flatMap(({ operations_per_inference }) => operations_per_inference ?? []);
  if (operations.length === 0) return null;
  const middle = quantile(Float64Array.from(operations).sort(), 0.5);
  const countAt = (length: number): number | null => {
    const counted = model === undefined ? null : multiplyAccumulates({ preset: model }, length);
    return counted === null ? null : 2 * counted;
  };
  const counted = countAt(PADDED_LENGTH);
  return {
    operations: [Math.min(...operations), Math.max(...operations)],
    model: model ?? null,
    counted:
      counted === null
        ? null
        : { length: PADDED_LENGTH, operations: counted, implied_length: lengthOf(middle, countAt) },
  };
}

/** The number of tokens whose operations are nearest to these. */
function lengthOf(operations: number, countAt: (length: number) => number | null): number {
  let length = 1;
  while ((countAt(length + 1) ?? Number.POSITIVE_INFINITY) <= operations) length += 1;
  const below = operations - (countAt(length) ?? 0);
  return below <= (countAt(length + 1) ?? 0) - operations ? length : length + 1;
}
