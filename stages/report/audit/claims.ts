import { unreachable } from '../../../pipeline/base/unreachable.js';
import type { Finding } from '../../../pipeline/contract/audit.js';
import { finding, percent, show, times } from './finding.js';
import { inferencesOf } from './inferences.js';
import { type Cell, consensusOf, gap, overlap, ratio, scaled } from './interval.js';
import type { Claim, Measurement, Size, Study } from './study.js';

/** How near a multiple of a file a larger one must be to be copies of it. */
const COPY_TOLERANCE = 0.1;

/** What the text says against what the tables say. */
export function claims(study: Study): Finding[] {
  return study.claims.flatMap((claim): Finding[] => {
    switch (claim.kind) {
      case 'throughput':
        return throughput(claim, study);
      case 'slow-down':
        return slowDown(claim, study);
      case 'size-ratio':
        return sizeRatio(claim, study);
      default:
        return unreachable(claim);
    }
  });
}

/** Seconds of one inference: the column itself, from which texts are written; total over number where no row has that. */
function secondsOf({ cells }: Measurement, study: Study): Cell | null {
  if (cells.time_per_inference_s !== undefined) return cells.time_per_inference_s;
  const hasColumn = study.measurements.some((row) => row.cells.time_per_inference_s !== undefined);
  const inferences = hasColumn ? null : inferencesOf(study);
  if (cells.time_s === undefined || inferences === null) return null;
  const [low, high] = inferences.range;
  return ratio(cells.time_s, { value: (low + high) / 2, low, high });
}

function throughput(claim: Claim & { kind: 'throughput' }, study: Study): Finding[] {
  return study.measurements.flatMap((row) => {
    const seconds = secondsOf(row, study);
    if (row.bits !== claim.bits || seconds === null) return [];
    const most = 1 / seconds.low;
    if (most >= claim.least) return [];
    return [
      finding({
        rule: 'throughput-claim',
        table: 'claims',
        row: row.row,
        column: claim.name,
        stated: [claim.least, '1/s'],
        recomputed: [1 / seconds.value, '1/s'],
        beyond: 1 - most / claim.least,
        confidence: 'certain',
        what: `At least ${show(claim.least)} inference a second on every board at ${claim.bits} bits is claimed; ${row.row} makes ${show(1 / seconds.value)}.`,
        why: `${show(seconds.value)} s for each is ${show(most)} a second at most, however it was rounded, and a lower bound is not rounded up.`,
        settle: 'The claim without this board, or with its own number.',
      }),
    ];
  });
}

/** What each claim about one row says of the time of the reference, seconds. */
function referenceTimes(reference: string, study: Study): { name: string; cell: Cell }[] {
  return study.claims.flatMap((claim) => {
    if (claim.kind !== 'slow-down' || claim.of === 'fastest' || claim.reference !== reference) return [];
    const { board, bits } = claim.of;
    const row = study.measurements.find((candidate) => candidate.board === board && candidate.bits === bits);
    const seconds = row === undefined ? null : secondsOf(row, study);
    return seconds === null ? [] : [{ name: claim.name, cell: ratio(seconds, claim.factor) }];
  });
}

function slowDown(claim: Claim & { kind: 'slow-down' }, study: Study): Finding[] {
  const references = referenceTimes(claim.reference, study);
  if (claim.of !== 'fastest') return disagreement(claim, references);
  const agreed = consensusOf(references.map(({ cell }) => cell));
  const rows = study.measurements.flatMap((row) => {
    const seconds = secondsOf(row, study);
    return seconds === null ? [] : [{ row, seconds }];
  });
  const [fastest] = rows.sort((a, b) => a.seconds.value - b.seconds.value);
  const isKnown = rows.length === study.measurements.length && agreed?.covering === references.length;
  if (agreed === null || fastest === undefined || !isKnown) return [];
  const [low, high] = agreed.range;
  const reference: Cell = { value: (low + high) / 2, low, high };
  const factor = ratio(fastest.seconds, reference);
  if (overlap(factor, claim.factor)) return [];
  return [
    finding({
      rule: 'slow-down-claim',
      table: 'claims',
      row: fastest.row.row,
      of: claim.reference,
      column: claim.name,
      stated: [claim.factor.value, ''],
      recomputed: [factor.value, ''],
      beyond: gap(claim.factor, factor),
      confidence: 'certain',
      what: `The fastest row is said to be ${show(claim.factor.value)} times slower than ${claim.reference}; by the study's other claims it is ${show(factor.value)} times slower.`,
      why: `${references.map(({ name }) => name).join(' and ')} put ${claim.reference} at ${show(reference.value)} s an inference, and ${fastest.row.row} takes ${show(fastest.seconds.value)} s; this claim needs ${show(fastest.seconds.value / claim.factor.value)} s. Rounding leaves ${percent(gap(claim.factor, factor))} unexplained.`,
      settle: `The measured time of ${claim.reference}.`,
    }),
  ];
}

/** Claims about single rows are checked against each other: they imply one time of one reference. */
function disagreement(
  claim: Claim & { kind: 'slow-down' },
  references: readonly { readonly name: string; readonly cell: Cell }[],
): Finding[] {
  const own = references.find(({ name }) => name === claim.name);
  const agreed = consensusOf(references.map(({ cell }) => cell));
  if (own === undefined || agreed === null || references.length < 2) return [];
  const common = { low: agreed.range[0], high: agreed.range[1] };
  if (agreed.covering * 2 > references.length ? overlap(own.cell, common) : agreed.covering > 1) return [];
  const others = references.filter(({ name }) => name !== claim.name);
  const other = others[0];
  if (other === undefined) return [];
  return [
    finding({
      rule: 'slow-down-claims-disagree',
      table: 'claims',
      of: claim.name,
      column: claim.name,
      stated: [own.cell.value, 's'],
      recomputed: [other.cell.value, 's'],
      beyond: gap(own.cell, other.cell),
      confidence: 'certain',
      what: `Claim ${claim.name} puts ${claim.reference} at ${show(own.cell.value)} s an inference, ${other.name} at ${show(other.cell.value)} s.`,
      why: 'One reference has one time; rounding does not bring them together.',
      settle: `The measured time of ${claim.reference}.`,
    }),
  ];
}

function sizeRatio(claim: Claim & { kind: 'size-ratio' }, { sizes }: Study): Finding[] {
  const large = sizes.find(({ model }) => model === claim.reference);
  const files = sizes.filter(({ bits }) => bits !== null);
  const [small] = [...files].sort((a, b) => a.mb.value - b.mb.value);
  if (large === undefined || small === undefined) return [];
  const factor = ratio(large.mb, small.mb);
  const held = copiesOf(large, sizes, files);
  const bare = held === null ? null : scaled(factor, 1 / held.times);
  // Whoever compares weights with weights has said the right thing.
  if (bare !== null && overlap(bare, claim.factor)) return [];
  return [
    ...(overlap(factor, claim.factor) ? [] : [wrongRatio(claim, large, small, factor)]),
    ...(held === null || bare === null ? [] : [comparesCopies(claim, large, held, bare)]),
  ];
}

function wrongRatio(claim: Claim & { kind: 'size-ratio' }, large: Size, small: Size, factor: Cell): Finding {
  return finding({
    rule: 'size-ratio-claim',
    table: 'claims',
    of: claim.reference,
    column: claim.name,
    stated: [claim.factor.value, ''],
    recomputed: [factor.value, ''],
    beyond: gap(claim.factor, factor),
    confidence: 'certain',
    what: `${show(claim.factor.value)} times smaller is claimed; ${show(large.mb.value)} MB over ${show(small.mb.value)} MB is ${show(factor.value)}.`,
    why: `Rounding leaves ${percent(gap(claim.factor, factor))} unexplained.`,
    settle: 'Sizes in bytes.',
  });
}

interface Copies {
  readonly plain: Size;
  readonly twin: Size;
  /** How many times the plain weights the other format is. */
  readonly times: number;
}

/** A format that keeps a model several times over is told by a model of which the plain file is there too. */
function copiesOf(large: Size, sizes: readonly Size[], files: readonly Size[]): Copies | null {
  const plain = files.reduce<Size | null>(
    (widest, file) => ((file.bits ?? 0) > (widest?.bits ?? 0) ? file : widest),
    null,
  );
  const twin = sizes.find(({ model, format }) => format === large.format && model !== large.model);
  if (plain === null || twin === undefined) return null;
  const held = twin.mb.value / plain.mb.value;
  const count = Math.round(held);
  if (count < 2 || Math.abs(held / count - 1) > COPY_TOLERANCE) return null;
  return { plain, twin, times: held };
}

function comparesCopies(
  claim: Claim & { kind: 'size-ratio' },
  large: Size,
  { plain, twin, times: held }: Copies,
  bare: Cell,
): Finding {
  return finding({
    rule: 'size-ratio-copies',
    table: 'model_sizes_mb_as_printed',
    of: claim.reference,
    column: claim.name,
    stated: [claim.factor.value, ''],
    recomputed: [bare.value, ''],
    confidence: 'likely',
    what: `${show(claim.factor.value)} times smaller compares files that hold different things: weight for weight it is about ${show(bare.value)}.`,
    why: `${twin.name} is ${times(held)} the size of ${plain.name}, the same model's weights at ${plain.bits} bits: the format ${large.format} keeps ${Math.round(held)} numbers for each weight here, as a training checkpoint does (an optimizer like Adam adds two). ${large.name} is in that format.`,
    settle: `The number of parameters of ${large.model}, or its file without the optimizer's state.`,
  });
}
