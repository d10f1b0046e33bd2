import type { CountTable, DataViews } from '../model/data.js';
import type { Card, Deployment, Device } from '../model/report.js';
import { byAll, compareNaturally, groupBy } from '../order.js';
import type { Loaded, ReportInputs } from '../read/inputs.js';
import { modelOf } from '../read/inputs.js';

const inOrder = <T>(loaded: readonly Loaded<T>[]): Loaded<T>[] =>
  [...loaded].sort((a, b) => compareNaturally(a.source.instance, b.source.instance));

/** The order in which people think of the parts of a data set; others follow by name. */
const SPLITS = ['training', 'train', 'validation', 'test'];
const compareSplits = byAll<string>((a, b) => rank(a) - rank(b), compareNaturally);
const rank = (split: string): number => (SPLITS.includes(split) ? SPLITS.indexOf(split) : SPLITS.length);

/** Split by name: a row for each kind, a column for each split. */
function countTable(counts: Readonly<Record<string, Readonly<Record<string, number>>>>): CountTable {
  const columns = Object.keys(counts).sort(compareSplits);
  const names = [...new Set(columns.flatMap((split) => Object.keys(counts[split] ?? {})))];
  return {
    columns,
    rows: names.map((name) => ({ name, counts: columns.map((split) => counts[split]?.[name] ?? null) })),
  };
}

/** Canonical JSON sorts keys by name; people read training before test. */
function inSplitOrder(counts: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(counts).sort(([a], [b]) => compareSplits(a, b)));
}

/** The rows that go on come first. */
function bucketTable(buckets: Parameters<typeof countTable>[0]): CountTable {
  const { columns, rows } = countTable(buckets);
  return { columns, rows: [...rows].sort((a, b) => Number(b.name === 'used') - Number(a.name === 'used')) };
}

function exampleText(example: {
  file?: string | undefined;
  line?: number | undefined;
  id?: string | undefined;
}): string {
  const place =
    example.file === undefined
      ? ''
      : `${example.file}${example.line === undefined ? '' : `:${example.line}`}`;
  return [place, example.id === undefined ? '' : `id ${example.id}`].filter((part) => part !== '').join(' ');
}

/** Whether the tweets are made up, as the data cards say. */
export function syntheticOf({ fetch, split }: Pick<ReportInputs, 'fetch' | 'split'>): boolean | null {
  const said = [
    ...fetch.map(({ document }) => document.synthetic),
    ...split.map(({ document }) => document.synthetic),
  ];
  const known = said.filter((value) => value !== undefined);
  return known.length === 0 ? null : known.includes(true);
}

/** Whether all cards agree that nothing here is a real tweet. */
export function isSynthetic(cards: Pick<ReportInputs, 'fetch' | 'split'>): boolean {
  return syntheticOf(cards) === true && cards.fetch.every(({ document }) => document.synthetic);
}

const plainNumbers = (values: Readonly<Record<string, unknown>>): Record<string, number> =>
  Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, number] => typeof entry[1] === 'number'),
  );

export function buildData(inputs: ReportInputs): DataViews {
  const mayShowTexts = inputs.texts !== 'withheld';
  return {
    fetch: inOrder(inputs.fetch).map(({ source, document }) => ({
      instance: source.instance,
      source: document.source ?? 'not recorded',
      synthetic: document.synthetic,
      files: document.files,
      rows: inSplitOrder(document.rows),
      joined: countTable(document.joined),
      texts: countTable(document.texts_from),
      dropped: document.dropped.map(({ kind, split, reason, count, examples }) => ({
        what: [split, kind].filter((part) => part !== undefined).join(' '),
        reason,
        count,
        examples: examples.map(exampleText).filter((text) => text !== ''),
      })),
      warnings: document.warnings,
    })),
    hydrate: inOrder(inputs.hydration).map(({ source, document: { missing, ...document } }) => ({
      instance: source.instance,
      ...document,
      missing: Object.fromEntries(Object.entries(missing).map(([reason, ids]) => [reason, ids.length])),
    })),
    clean: inOrder(inputs.clean).map(({ source, document }) => ({
      instance: source.instance,
      rules: document.rules,
      buckets: bucketTable(document.buckets),
      labels: countTable(document.labels),
      entities: inSplitOrder(document.entities),
      leaks: plainNumbers(document.leaks),
      entities_without_text: document.entities_without_text,
      samples: mayShowTexts ? document.samples : [],
      withheld_samples: mayShowTexts ? 0 : document.samples.length,
      steps: document.steps.map((step) => (mayShowTexts ? step : { ...step, samples: [] })),
    })),
    split: inOrder(inputs.split).map(({ source, document }) => ({
      instance: source.instance,
      seed: document.seed ?? null,
      counts: countTable(document.counts),
    })),
    encode: inOrder(inputs.encode).map(({ source, document }) => ({
      instance: source.instance,
      model: modelOf(source.coordinates),
      max_length: document.max_length,
      input: document.input ?? null,
      tokens: Object.keys(document.tokens)
        .sort(compareSplits)
        .flatMap((split) => {
          const figures = document.tokens[split];
          return figures === undefined
            ? []
            : [{ split, ...figures, truncated: document.truncated[split] ?? null }];
        }),
    })),
  };
}

/** The plain values of a document, those of nested documents as `outer.inner`. */
function plainValues(document: Readonly<Record<string, unknown>>, prefix = ''): [string, string][] {
  return Object.entries(document).flatMap(([name, value]): [string, string][] => {
    if (value === undefined || (name === 'schema' && prefix === '')) return [];
    const path = `${prefix}${name}`;
    if (Array.isArray(value))
      return [
        [
          path,
          value.map((item) => (typeof item === 'object' ? JSON.stringify(item) : String(item))).join(', '),
        ],
      ];
    if (typeof value === 'object' && value !== null) return plainValues({ ...value }, `${path}.`);
    return [[path, value === null ? '–' : String(value)]];
  });
}

export function buildExports({ exports }: ReportInputs): Card[] {
  return inOrder(exports).map(({ source, document }) => ({
    instance: source.instance,
    values: Object.fromEntries(plainValues({ ...document, files: undefined })),
  }));
}

export function buildDeployments({ deployments }: ReportInputs): Deployment[] {
  return inOrder(deployments).map(({ source, document }) => ({
    instance: source.instance,
    device: document.device,
    transport: document.transport,
    sent_bytes: document.sent_bytes,
    total_bytes: document.total_bytes,
    seconds: document.seconds,
  }));
}

/** These differ from one look to the next, so they do not tell two devices apart. */
const CHANGING = new Set([
  'available_memory_bytes',
  'clock_error_s',
  'clock_offset_s',
  'free_disk_bytes',
  'temperature_c',
  'throttled',
]);

/** Each distinct answer of each device, from evaluations and deployments alike. */
export function buildDevices({ evaluations, deployments }: ReportInputs): Device[] {
  const probes = [
    ...evaluations.map(({ document }) => ({ ...document, emulated: document.emulated as boolean | null })),
    ...deployments.map(({ document }) => ({ ...document, emulated: null })),
  ].map(({ device, transport, emulated, probe }) => ({
    device,
    transport,
    emulated,
    facts: Object.fromEntries(
      Object.entries(probe).filter(
        (entry): entry is [string, string | number | null] =>
          !CHANGING.has(entry[0]) && (entry[1] === null || ['string', 'number'].includes(typeof entry[1])),
      ),
    ),
  }));
  const distinct = groupBy(probes, ({ device, transport, facts }) =>
    JSON.stringify([device, transport, Object.entries(facts).sort(([a], [b]) => compareNaturally(a, b))]),
  );
  return [...distinct.values()]
    .flatMap((same) => {
      const [first] = same;
      const emulated = same.map((one) => one.emulated).find((said) => said !== null) ?? null;
      return first === undefined ? [] : [{ ...first, emulated }];
    })
    .sort(
      byAll(
        (a, b) => compareNaturally(a.device, b.device),
        (a, b) => compareNaturally(JSON.stringify(a.facts), JSON.stringify(b.facts)),
      ),
    );
}
