import { canonicalJson } from '../../../pipeline/base/canonical.js';
import type { Finding } from '../../../pipeline/contract/audit.js';
import { studyOf } from '../audit/read-tables.js';
import type { Tables } from '../audit/tables-schema.js';
import type { OwnSize, PaperSizes, SizeReference } from '../model/paper-sizes.js';
import { groupBy } from '../order.js';
import { modelOf, type ReportInputs, variantOf } from '../read/inputs.js';
import { highestOf } from '../statistics/descriptive.js';
import { agrees } from './results.js';

/** Of a weight in float32. */
const WEIGHT_BYTES = 4;

type Conversion = ReportInputs['conversions'][number];

export function buildSizes(tables: Tables, findings: readonly Finding[], inputs: ReportInputs): PaperSizes {
  const { sizes } = studyOf(tables);
  const fp32 = sizes.find(({ bits }) => bits === 32)?.mb.value;
  return {
    published: sizes.map(({ name, bits, mb }) => ({
      name,
      megabytes: mb.value,
      bits,
      against_fp32: fp32 === undefined || bits === null ? null : mb.value / fp32,
    })),
    findings: findings
      .filter(({ table, rule }) => table === 'model_sizes_mb_as_printed' || rule.startsWith('size-ratio'))
      .map(({ id, what, why }) => ({ id, what, why })),
    own: ownSizes(inputs),
  };
}

/** The largest of what is known, and how many times `bytes` it is. */
function reference(
  candidates: readonly { readonly name: string; readonly bytes: unknown }[],
  bytes: number,
): SizeReference | null {
  const known = candidates.flatMap(({ name, bytes: size }) =>
    typeof size === 'number' && size > 0 ? [{ name, bytes: size }] : [],
  );
  const largest = known.reduce<(typeof known)[number] | null>(
    (best, one) => (best === null || one.bytes > best.bytes ? one : best),
    null,
  );
  return largest === null || bytes === 0 ? null : { ...largest, times: largest.bytes / bytes };
}

/** What taught the model of this file: weights at four bytes each, by the training's count of them. */
function teachersOf({ source }: Conversion, { training }: ReportInputs): { name: string; bytes: number }[] {
  const taught = training.filter(
    (one) => one.document.distilled !== undefined && agrees(one.source.coordinates, source.coordinates),
  );
  const names = new Set(taught.flatMap(({ document }) => document.distilled?.from ?? []));
  return training
    .filter((one) => names.has(one.source.instance) && one.document.parameters !== undefined)
    .map(({ source: { instance }, document }) => ({
      name: instance,
      bytes: WEIGHT_BYTES * (document.parameters ?? 0),
    }));
}

const largestFile = (files: readonly Conversion[]): number =>
  highestOf(files.map(({ document }) => document.bytes));

/** Files of a model and precision, whatever their seed. */
function ownSizes(inputs: ReportInputs): OwnSize[] {
  const modelKey = ({ source }: Conversion): string =>
    canonicalJson([modelOf(source.coordinates), { ...variantOf(source.coordinates) }]);
  const groups = [
    ...groupBy(inputs.conversions, (one) => canonicalJson([modelKey(one), one.document.precision])).values(),
  ];
  const sizes = groups.flatMap((files) => {
    const [first] = files;
    if (first === undefined) return [];
    const { precision } = first.document;
    const bytes = largestFile(files);
    const plain = inputs.conversions.filter(
      (one) => one.document.precision === 'fp32' && modelKey(one) === modelKey(first),
    );
    const structure = highestOf(files.map(({ document }) => document.bytes_by_part.structure ?? Number.NaN));
    const exported = (isOwn: boolean) =>
      inputs.exports
        .filter(({ source }) => (modelOf(source.coordinates) === modelOf(first.source.coordinates)) === isOwn)
        .map(({ source, document }) => ({ name: modelOf(source.coordinates), bytes: document.bytes }));
    return [
      {
        model: modelOf(first.source.coordinates),
        variant: variantOf(first.source.coordinates),
        precision,
        bytes,
        weights_bytes: Number.isNaN(structure) ? null : bytes - structure,
        against_fp32: plain.length === 0 ? null : bytes / largestFile(plain),
        saved_model: reference(exported(true), bytes),
        largest_other: reference(exported(false), bytes),
        teacher: reference(
          files.flatMap((one) => teachersOf(one, inputs)),
          bytes,
        ),
      },
    ];
  });
  return sizes;
}
