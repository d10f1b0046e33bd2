import type { Json } from '../../pipeline/base/canonical.js';
import type { StepName } from '../_shared/cleaning-steps.js';
import { steps } from './steps.js';

/** Examples of each step: enough to see what it does. */
const EXAMPLES = 3;

interface Seen {
  changed: number;
  /** The text in which it was counted last: a step may change one text in several rounds. */
  last: number;
  readonly samples: { readonly before: string; readonly after: string }[];
}

/** How many texts each step changed, and the first of them before and after. */
export class StepSamples {
  readonly #seen: ReadonlyMap<StepName, Seen>;
  #text = 0;

  constructor(names: readonly StepName[]) {
    this.#seen = new Map(names.map((name) => [name, { changed: 0, last: 0, samples: [] }]));
  }

  nextText(): void {
    this.#text += 1;
  }

  observe(name: StepName, before: string, after: string): void {
    const seen = this.#seen.get(name);
    if (seen === undefined || seen.last === this.#text) return;
    seen.last = this.#text;
    seen.changed += 1;
    if (seen.samples.length < EXAMPLES)
      seen.samples.push({ before: wellFormed(before), after: wellFormed(after) });
  }

  /** In the order in which the steps are taken. */
  toJson(): Json {
    return [...this.#seen].map(([name, { changed, samples }]) => ({
      name,
      summary: Object.values(steps).find((step) => step.name === name)?.summary ?? '',
      changed,
      samples,
    }));
  }
}

/** Before the step that removes them, halves of surrogate pairs may stand in a text: no file could hold them. */
const wellFormed = (text: string): string => text.replace(/\p{Surrogate}/gu, '\uFFFD');
