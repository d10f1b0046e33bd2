import type { Json } from '../base/canonical.js';
import { suggestion } from '../base/suggest.js';
import type { RetryConfig, Scalar, StageSource } from '../contract/config.js';
import type { StageNeeds } from '../contract/needs.js';
import type { OutputDefinition, StageDefinition } from '../contract/stage.js';
import { needsOf, retriesOf } from './execution.js';
import { type Entry, entryOf, type Node, toPlain } from './node.js';
import { stageSchema } from './schema.js';
import type { Origin, Report } from './source.js';
import { type Subject, validate } from './validate.js';

/** A word or value of a stage with where it was written. */
export interface Placed<T> {
  readonly value: T;
  readonly at: Origin;
}

/** A stage whose form is right; what it names has still to be checked. */
export interface StageDraft {
  readonly name: string;
  readonly at: Origin;
  /** Undefined when `uses` names no stage that there is; then its options are unchecked too. */
  readonly definition: StageDefinition | undefined;
  readonly uses: string;
  readonly from: readonly Placed<StageSource>[];
  /** Whether all of `from` could be read. */
  readonly isFromWhole: boolean;
  readonly matrix: readonly Placed<string>[];
  readonly only: readonly { readonly axis: Placed<string>; readonly values: readonly Placed<Scalar>[] }[];
  readonly options: Readonly<Record<string, Json>>;
  /** `with`, to say where an option stands. */
  readonly optionsAt: Subject;
  readonly areOptionsValid: boolean;
  /** Undefined when they cannot be known. */
  readonly outputs: readonly OutputDefinition[] | undefined;
  readonly executor: Placed<string> | undefined;
  readonly timeoutSeconds: number | undefined;
  readonly retries: RetryConfig | undefined;
  readonly needs: Partial<StageNeeds> | undefined;
}

/** Reads one member of `stages:`. Its form was reported before; here its words and its options are. */
export function readStage(
  name: string,
  entry: Entry,
  definitions: ReadonlyMap<string, StageDefinition>,
  report: Report,
): StageDraft | undefined {
  const parsed = stageSchema.safeParse(toPlain(entry.value));
  if (!parsed.success) return undefined;
  const { uses, timeout, retries, needs } = parsed.data;
  const definition = definitions.get(uses);
  if (definition === undefined) {
    const at = entryOf(entry.value, 'uses')?.value.origin ?? entry.key;
    const hint = suggestion(uses, definitions.keys(), 'kinds of stages');
    report('unknown-stage-kind', `there is no kind of stage \`${uses}\``, at, hint);
  }
  const { sources, isWhole } = readSources(entryOf(entry.value, 'from')?.value, report);
  const optionsAt = optionsSubject(name, entry);
  const options = definition === undefined ? undefined : readOptions(optionsAt, definition, report);
  return {
    name,
    at: entry.key,
    definition,
    uses,
    from: sources,
    isFromWhole: isWhole,
    matrix: placedTexts(entryOf(entry.value, 'matrix')?.value),
    only: readOnly(entryOf(entry.value, 'only')?.value),
    options: options ?? {},
    optionsAt,
    areOptionsValid: options !== undefined,
    outputs: outputsOf(definition, options),
    executor: placedTexts(entryOf(entry.value, 'executor')?.value)[0],
    timeoutSeconds: timeout,
    retries: retriesOf(retries),
    needs: needsOf(needs),
  };
}

const SOURCE = /^([a-z][a-z0-9-]*)(@\*)?$/;

interface ReadSources {
  readonly sources: readonly Placed<StageSource>[];
  readonly isWhole: boolean;
}

function readSources(node: Node | undefined, report: Report): ReadSources {
  let isWhole = true;
  const sources = new Map<string, Placed<StageSource>>();
  for (const { value, at } of placedTexts(node)) {
    const match = SOURCE.exec(value);
    const stage = match?.[1];
    if (stage === undefined) {
      const hint = 'write `stage`, or `stage@*` for all elements of its matrix at once';
      isWhole = false;
      report('bad-source', `\`${value}\` does not name a stage`, at, hint);
    } else if (sources.has(stage)) {
      report('repeated-source', `\`${stage}\` is named twice`, at, 'remove one of them');
    } else {
      sources.set(stage, { value: { stage, gather: match?.[2] !== undefined }, at });
    }
  }
  return { sources: [...sources.values()], isWhole };
}

function readOnly(node: Node | undefined): StageDraft['only'] {
  if (node?.kind !== 'map') return [];
  return [...node.entries].map(([axis, entry]) => ({
    axis: { value: axis, at: entry.key },
    values: placedScalars(entry.value),
  }));
}

function outputsOf(
  definition: StageDefinition | undefined,
  options: Readonly<Record<string, Json>> | undefined,
): readonly OutputDefinition[] | undefined {
  if (definition?.outputsOf === undefined) return definition?.outputs;
  return options === undefined ? undefined : definition.outputsOf(options);
}

function optionsSubject(name: string, entry: Entry): Subject {
  const given = entryOf(entry.value, 'with');
  return {
    node: given?.value ?? { kind: 'map', entries: new Map(), origin: entry.key },
    key: given?.key ?? entry.key,
    path: `stages.${name}.with`,
  };
}

function readOptions(
  subject: Subject,
  definition: StageDefinition,
  report: Report,
): Readonly<Record<string, Json>> | undefined {
  const options = validate(definition.options, subject, report);
  return options === undefined ? undefined : jsonRecord(options, definition.id);
}

/** Schemas of definitions are ours, so options that are no JSON are our mistake. */
function jsonRecord(value: unknown, definition: string): Readonly<Record<string, Json>> {
  const json: unknown = JSON.parse(JSON.stringify(value));
  if (isJsonRecord(json)) return json;
  throw new Error(`Internal error: the options of stage definition ${definition} are not an object`);
}

function isJsonRecord(value: unknown): value is Readonly<Record<string, Json>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The scalars of a list, or a single one; what is no scalar was reported by the schema. */
export function placedScalars(node: Node | undefined): Placed<Scalar>[] {
  if (node === undefined || node.kind === 'map') return [];
  const items = node.kind === 'list' ? node.items : [node];
  return items.flatMap((item) =>
    item.kind === 'scalar' && item.value !== null ? [{ value: item.value, at: item.origin }] : [],
  );
}

function placedTexts(node: Node | undefined): Placed<string>[] {
  return placedScalars(node).flatMap(({ value, at }) => (typeof value === 'string' ? [{ value, at }] : []));
}
