import type { Pair } from './match.js';
import type { ExcerptRow, ReportExcerpt } from './schema.js';

const coordinatesOf = (instance: string): string[] => {
  const [, coordinates = ''] = instance.split('@');
  return coordinates === '' ? [] : coordinates.split(',');
};

/** Keys of the trainings that led to a row's files: their axes say nothing that the evaluation's say otherwise. */
function trainingKeys({ seeds }: ExcerptRow, { provenance }: ReportExcerpt): string[] {
  const trainings = provenance.filter(({ artifact }) => artifact === 'training-log');
  return seeds.flatMap(({ instance }) => {
    const own = new Set(coordinatesOf(instance));
    return trainings
      .filter((training) => coordinatesOf(training.instance).every((axis) => own.has(axis)))
      .map((training) => `${training.instance} ${training.key}`);
  });
}

/** Whether both rows are of the same trained weights, so that no scatter between trainings is in their difference. */
export function haveSameWeights(
  { before, after }: Pair,
  reports: { readonly before: ReportExcerpt; readonly after: ReportExcerpt },
): boolean {
  const [old, now] = [trainingKeys(before, reports.before), trainingKeys(after, reports.after)];
  return (
    old.length >= before.seeds.length && old.length > 0 && old.sort().join('\n') === now.sort().join('\n')
  );
}
