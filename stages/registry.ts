import type { StageDefinition } from '../pipeline/contract/stage.js';
import { definition as baseline } from './baseline/definition.js';
import { definition as clean } from './clean/definition.js';
import { definition as command } from './command/definition.js';
import { definition as convert } from './convert/definition.js';
import { definition as deploy } from './deploy/definition.js';
import { definition as distill } from './distill/definition.js';
import { definition as encode } from './encode/definition.js';
import { definition as encoder } from './encoder/definition.js';
import { definition as evaluate } from './evaluate/definition.js';
import { definition as evaluateSavedModel } from './evaluate-savedmodel/definition.js';
import { definition as exportStage } from './export/definition.js';
import { definition as fetch } from './fetch/definition.js';
import { definition as fineTune } from './fine-tune/definition.js';
import { definition as freeze } from './freeze/definition.js';
import { definition as hydrate } from './hydrate/definition.js';
import { definition as report } from './report/definition.js';
import { definition as split } from './split/definition.js';
import { definition as teach } from './teach/definition.js';

/** The only list of stages. A stage that is not here does not exist; adding one means one line here. */
export const definitions: ReadonlyMap<string, StageDefinition> = new Map(
  [
    fetch,
    hydrate,
    clean,
    split,
    baseline,
    encoder,
    encode,
    fineTune,
    teach,
    distill,
    exportStage,
    freeze,
    convert,
    deploy,
    evaluate,
    evaluateSavedModel,
    report,
    command,
  ].map((definition) => [definition.id, definition]),
);
