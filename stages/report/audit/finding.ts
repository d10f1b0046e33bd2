import type { Confidence, Finding } from '../../../pipeline/contract/audit.js';

/** What a rule says; the identifier is made of it. */
export interface Draft {
  readonly rule: string;
  /** What tells findings of one rule apart, after the row: a column, a claim. */
  readonly of?: string;
  readonly table: string;
  readonly row?: string;
  readonly column?: string;
  readonly stated: readonly [value: number | string, unit: string];
  readonly recomputed: readonly [value: number | string, unit: string];
  readonly beyond?: number;
  readonly confidence: Confidence;
  readonly what: string;
  readonly why: string;
  readonly settle: string;
}

export function finding(draft: Draft): Finding {
  const { rule, row, of } = draft;
  return {
    id: [rule, row, of]
      .filter((part) => part !== undefined)
      .map(kebab)
      .join('-'),
    rule,
    table: draft.table,
    row: row ?? null,
    column: draft.column ?? null,
    stated: quantity(draft.stated),
    recomputed: quantity(draft.recomputed),
    beyond_rounding: draft.beyond === undefined ? null : Number(draft.beyond.toPrecision(3)),
    confidence: draft.confidence,
    what: draft.what,
    why: draft.why,
    settle: draft.settle,
  };
}

function quantity([value, unit]: readonly [number | string, string]): Finding['stated'] {
  return { value: typeof value === 'number' ? Number(value.toPrecision(6)) : value, unit };
}

const kebab = (text: string): string =>
  text
    .toLowerCase()
    .replaceAll('+', '-plus')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');

/** Five significant digits, thousands separated; never depends on the locale. */
export function show(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (value !== 0 && (Math.abs(value) >= 1e9 || Math.abs(value) < 1e-3)) return value.toExponential(3);
  const [whole = '', fraction] = String(Number(value.toPrecision(5))).split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

export const percent = (share: number): string => `${Number((share * 100).toPrecision(2))} %`;

export const times = (factor: number): string => `${show(Number(factor.toPrecision(3)))} times`;
