import { listed } from '../../../pipeline/report/format.js';
import type { Inspection } from '../model/inspection.js';
import { modelName } from './notices.js';

/** What the model ran as: `int8 on local and rpi4b`; on validation, what scored it. */
export function inspectedOn({ precision, devices, stage }: Inspection): string {
  return precision === null ? `while training (${stage})` : `${precision} on ${listed(devices)}`;
}

/** `minilm-l6 int8 on rpi4b`, `minilm-l6 on validation`. */
export function inspectionName(inspection: Inspection): string {
  const name = modelName(inspection.model, inspection.variant);
  return inspection.split === 'validation' ? `${name} on validation` : `${name} ${inspectedOn(inspection)}`;
}
