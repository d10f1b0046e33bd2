import { type RulesName, type StepName, type StepSwitches, stepsOf } from '../_shared/cleaning-steps.js';
import { type CleaningStep, steps } from './steps.js';

const BY_NAME: ReadonlyMap<StepName, CleaningStep> = new Map(
  Object.values(steps).map((step) => [step.name, step]),
);

/** The steps of the rules, those that were switched included, in their order. */
export function cleaningSteps(rules: RulesName, switches?: StepSwitches): readonly CleaningStep[] {
  return stepsOf(rules, switches).flatMap((name) => BY_NAME.get(name) ?? []);
}

/** Told of each step that changed a text, with the text before and after it. */
export type StepObserver = (step: CleaningStep, before: string, after: string) => void;

/**
 * Applies the steps until none changes anything: what one takes away may bring together what another one takes away. Cleaning a
 * cleaned text therefore changes nothing. Each step that changes a text makes it shorter or brings it nearer to NFC, so it ends.
 *
 * @returns valid UTF-16, whatever the text was.
 */
export function cleanText(text: string, cleaning: readonly CleaningStep[], observe?: StepObserver): string {
  for (let cleaned = text; ; ) {
    const before = cleaned;
    for (const step of cleaning) {
      const after = step.apply(cleaned);
      if (observe !== undefined && after !== cleaned) observe(step, cleaned, after);
      cleaned = after;
    }
    if (cleaned === before) return cleaned;
  }
}
