import type { ChangedStage, Difference } from '../../../pipeline/contract/comparison.js';
import { compareNaturally, groupBy } from '../order.js';
import type { ReportExcerpt } from './schema.js';

/** Artifacts from the tweets on: the stage that makes one of them comes before those that make the next. */
const ORDER: readonly string[] = [
  'fetch-card',
  'clean-card',
  'split-card',
  'baseline',
  'encode-card',
  'training-log',
  'validation-predictions',
  'export-card',
  'conversion-card',
  'deployment',
  'evaluation',
];

const stageOf = (instance: string): string => instance.split('@', 1)[0] ?? instance;

interface Made {
  readonly key: string;
  readonly digests: string;
  readonly place: number;
}

function madeBy({ provenance }: ReportExcerpt): Map<string, Made> {
  return new Map(
    [...groupBy(provenance, ({ instance }) => instance)].map(([instance, own]) => [
      instance,
      {
        key: own[0]?.key ?? '',
        digests: own
          .map(({ artifact, digest }) => `${artifact} ${digest}`)
          .sort()
          .join('\n'),
        place: Math.min(
          ...own.map(({ artifact }) => (ORDER.includes(artifact) ? ORDER.indexOf(artifact) : ORDER.length)),
        ),
      },
    ]),
  );
}

/** Stages with other action keys, in the order of the pipeline; `why` is left to who has the keys' documents. */
export function changedStages(before: ReportExcerpt, after: ReportExcerpt): ChangedStage[] {
  const old = madeBy(before);
  const both = [...madeBy(after)].flatMap(([instance, now]) => {
    const was = old.get(instance);
    return was === undefined ? [] : [{ instance, was, now }];
  });
  return [...groupBy(both, ({ instance }) => stageOf(instance))]
    .flatMap(([stage, instances]) => {
      const other = instances
        .filter(({ was, now }) => was.key !== now.key)
        .sort((a, b) => compareNaturally(a.instance, b.instance));
      const [first] = other;
      if (first === undefined) return [];
      const changed = {
        stage,
        instances: instances.length,
        other_keys: other.length,
        other_outputs: other.filter(({ was, now }) => was.digests !== now.digests).length,
        example: { instance: first.instance, before: first.was.key, after: first.now.key },
        why: [],
      };
      return [{ changed, place: first.now.place }];
    })
    .sort((a, b) => a.place - b.place || compareNaturally(a.changed.stage, b.changed.stage))
    .map(({ changed }) => changed);
}

/** Facts that are others at each look. */
const CHANGING: ReadonlySet<string> = new Set([
  'available_memory_bytes',
  'free_disk_bytes',
  'clock_offset_s',
]);

/** Study and profile, versions of what converted, and facts of the devices, where both reports name them and they are not the same. */
export function differencesOf(before: ReportExcerpt, after: ReportExcerpt): Difference[] {
  const old = namedValues(before);
  return [...namedValues(after)].flatMap(([what, now]) => {
    const was = old.get(what);
    return was === undefined || was === now ? [] : [{ what, before: was, after: now }];
  });
}

/** What has several values in one report is no version: free memory differs from one look to the next. */
function namedValues({ study, profile, conversions, devices }: ReportExcerpt): Map<string, string> {
  const entries: (readonly [what: string, value: string])[] = [
    ['study', study],
    ['profile', profile.join(',')],
    ...conversions.flatMap(({ versions }) => Object.entries(versions)),
    ...devices.flatMap(({ device, facts }) =>
      Object.entries(facts)
        .filter(([fact]) => !CHANGING.has(fact))
        .map(([fact, value]) => [`${fact} of ${device}`, String(value ?? '–')] as const),
    ),
  ];
  return new Map(
    [...groupBy(entries, ([name]) => name)].flatMap(([name, own]) => {
      const values = new Set(own.map(([, value]) => value));
      const [value] = values;
      return value === undefined || values.size > 1 ? [] : [[name, value]];
    }),
  );
}

export function differingNotices(
  before: ReportExcerpt,
  after: ReportExcerpt,
): { readonly only_before: readonly string[]; readonly only_after: readonly string[] } {
  return {
    only_before: before.notices.filter((notice) => !after.notices.includes(notice)),
    only_after: after.notices.filter((notice) => !before.notices.includes(notice)),
  };
}
