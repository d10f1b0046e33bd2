import { compareCodePoints, type Json } from '../base/canonical.js';
import type {
  FigureDifference,
  FileDifference,
  Repeatability,
  Tolerance,
  Verification,
} from '../contract/verify.js';

type Summary = Readonly<Record<string, Json>>;
type Figure = FigureDifference['before'];

const EXACT: Repeatability = { measured: [], figures: {} };

/** What a second run of an instance comes to, from what differs. */
export function verdict(
  files: readonly FileDifference[],
  before: Summary,
  after: Summary,
  repeatability: Repeatability = EXACT,
): Pick<Verification, 'outcome' | 'files' | 'figures'> {
  const figures = figureDifferences(before, after, repeatability.figures);
  // Told first is what decides.
  const judged = [...files].sort((a, b) => rank(a, repeatability) - rank(b, repeatability));
  if (files.length === 0) return { outcome: 'identical', files, figures: [] };
  const isMeasured = files.every(({ output }) => repeatability.measured.includes(output));
  const isClose = figures.every(({ tolerance, within }) => tolerance === null || within);
  return { outcome: isMeasured && isClose ? 'within-tolerance' : 'differs', files: judged, figures };
}

function rank({ output }: FileDifference, { measured }: Repeatability): number {
  return measured.includes(output) ? 1 : 0;
}

/** Declared figures, whether they differ or not, then others that differ. */
function figureDifferences(
  before: Summary,
  after: Summary,
  declared: Repeatability['figures'],
): readonly FigureDifference[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort(compareCodePoints);
  const others = names.filter((name) => !Object.hasOwn(declared, name));
  const compared = [...Object.keys(declared), ...others].map((name): FigureDifference => {
    const [old, now] = [figureOf(before[name]), figureOf(after[name])];
    const tolerance = declared[name] ?? null;
    return { name, before: old, after: now, tolerance, within: isWithin(old, now, tolerance) };
  });
  return compared.filter(({ tolerance, within }) => tolerance !== null || !within);
}

function isWithin(before: Figure, after: Figure, tolerance: Tolerance | null): boolean {
  // A figure that a stage declares and then does not give is no agreement.
  if (before === null || after === null) return before === after && tolerance === null;
  if (before === after) return true;
  if (typeof before !== 'number' || typeof after !== 'number' || tolerance === null) return false;
  const { absolute = 0, relative = 0 } = tolerance;
  return Math.abs(after - before) <= Math.max(absolute, relative * Math.abs(before));
}

function figureOf(value: Json | undefined): Figure {
  return typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean' ? value : null;
}
