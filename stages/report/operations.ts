import { modelOf, type ReportInputs } from './inputs.js';

/** Operations of one inference, counted from the model's sizes: two for each multiply-accumulate. */
export interface Operations {
  /** Tokens that they are counted for. */
  readonly length: number;
  readonly count: number;
}

/** As the card of the model's export has them; null without one. */
export function operationsOf(model: string, { exports }: Pick<ReportInputs, 'exports'>): Operations | null {
  const card = exports.find(({ source }) => modelOf(source.coordinates) === model);
  const counted = card?.document.multiply_accumulates;
  if (typeof counted !== 'object' || counted === null || !('count' in counted) || !('length' in counted))
    return null;
  const { count, length } = counted;
  if (typeof count !== 'number' || typeof length !== 'number' || !(length > 0)) return null;
  return { length, count: 2 * count };
}
