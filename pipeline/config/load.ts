import { basename } from 'node:path';
import { compareCodePoints } from '../base/canonical.js';
import { err, ok, type Result } from '../base/result.js';
import type { PipelineConfig } from '../contract/config.js';
import type { Diagnostic } from '../contract/diagnostic.js';
import type { StageDefinition } from '../contract/stage.js';
import { assemble } from './assemble.js';
import { areAxesMisspelt, checkAxes, checkMatrix, readAxes, removedNames } from './check-axes.js';
import { checkDeclarations } from './check-declarations.js';
import { checkExecutorNames, checkExecutors } from './check-executors.js';
import { checkGraph, inheritedAxes } from './check-graph.js';
import { checkInputs } from './check-inputs.js';
import { checkMeters } from './check-meters.js';
import { checkOptions } from './check-options.js';
import { readStage, type StageDraft } from './draft.js';
import { describeNode } from './expectation.js';
import { withoutNulls } from './merge.js';
import { entryOf, type MapNode, membersOf, type Node } from './node.js';
import { parseYaml } from './parse.js';
import { applyProfiles, NAMED_SECTIONS, selectProfiles } from './profiles.js';
import { fileSchema, mergedSchema } from './schema.js';
import { applySets } from './set.js';
import { createReport, type Origin, type Report, type Source } from './source.js';
import { validate } from './validate.js';

export interface ConfigInput {
  /** Absolute path of pipeline.yaml; its folder is the root of the project. */
  readonly file: string;
  readonly text: string;
  /** Profiles to apply, in order; `default_profile` when empty. */
  readonly profiles: readonly string[];
  /** Overrides `path=value`, applied after the profiles, in order. */
  readonly sets: readonly string[];
  /** The kinds of stages by id. */
  readonly definitions: ReadonlyMap<string, StageDefinition>;
}

/**
 * Reads a pipeline.yaml: parse, profiles, `--set`, schema, and the checks that need the whole. Pure: reads no
 * file and no environment. Errors are all problems at once, in the order of the text.
 */
export function loadConfig(input: ConfigInput): Result<PipelineConfig, readonly Diagnostic[]> {
  const { diagnostics, report } = createReport();
  const source: Source = { file: basename(input.file), text: input.text };
  const root = parseRoot(source, report);
  if (root === undefined) return err(diagnostics);
  const start: Origin = { source, start: root.origin.start, end: root.origin.start + 1 };

  validate(fileSchema, { node: withoutNulls(root), key: start, path: '' }, report);
  const selected = selectProfiles(root, input.profiles, report);
  const profiled = applyProfiles(root, selected, report);
  const merged = applySets(profiled, input.sets, report);
  validate(mergedSchema, { node: merged, key: start, path: '' }, report);

  const profiles = membersOf(root, 'profiles');
  const written = [root, ...selected.flatMap(({ name }) => profiles.get(name)?.value ?? [])];
  const drafts = checkMeaning(
    merged,
    removedNames(written, merged, NAMED_SECTIONS),
    input.definitions,
    report,
  );
  if (diagnostics.length > 0) return err(inOrder(diagnostics));
  return ok(assemble({ file: input.file, merged, drafts, profile: selected.map(({ name }) => name) }));
}

function parseRoot(source: Source, report: Report): MapNode | undefined {
  const root = parseYaml(source, report);
  if (root === undefined || root.kind === 'map') return root;
  const at: Origin = { source, start: root.origin.start, end: root.origin.start + 1 };
  const isEmpty = root.kind === 'scalar' && root.value === null;
  const message = isEmpty ? 'this file is empty' : `a pipeline is a map, but this is ${describeNode(root)}`;
  report('not-a-pipeline', message, at, 'start with `version: 1`, `name: my-study` and `stages:`');
  return undefined;
}

function checkMeaning(
  merged: Node,
  removed: ReadonlySet<string>,
  definitions: ReadonlyMap<string, StageDefinition>,
  report: Report,
): ReadonlyMap<string, StageDraft> {
  const drafts = new Map<string, StageDraft>();
  const stages = membersOf(merged, 'stages');
  const section = entryOf(merged, 'stages');
  if (section?.value.kind === 'map' && stages.size === 0) {
    report('no-stages', 'there are no stages', section.key, 'add one, for example `fetch: { uses: fetch }`');
  }
  for (const [name, entry] of stages) {
    const draft = readStage(name, entry, definitions, report);
    if (draft !== undefined) drafts.set(name, draft);
  }
  const axes = readAxes(merged);
  checkAxes(merged, axes, removed, report);
  checkDeclarations(merged, report);
  checkMeters(merged, report);
  checkExecutors(merged, report);
  checkExecutorNames(drafts, merged, removed, report);
  const removedStages = [...removed]
    .filter((name) => name.startsWith('stages.'))
    .map((name) => name.slice(7));
  checkGraph(drafts, new Set(stages.keys()), new Set(removedStages), report);
  const inherited = inheritedAxes(drafts);
  for (const draft of drafts.values()) {
    if (!areAxesMisspelt(merged)) checkMatrix(draft, inherited.get(draft.name), axes, report);
    checkInputs(draft, { drafts, definitions, inherited }, report);
    checkOptions(draft, { drafts, inherited }, report);
  }
  return drafts;
}

/** In the order of the text, the command line last; one message for one place and kind of mistake. */
function inOrder(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const unique = new Map<string, Diagnostic>();
  for (const diagnostic of diagnostics) {
    const { code, message, range } = diagnostic;
    // A profile is checked by itself and as part of the whole, with another path to the same place.
    const samePath = message.replace(/`profiles\.[^.]+\./, '`');
    const key = JSON.stringify([code, samePath, range?.file, range?.text, range?.line, range?.column]);
    if (!unique.has(key)) unique.set(key, diagnostic);
  }
  const isArgument = (diagnostic: Diagnostic): number =>
    diagnostic.range?.file.startsWith('--') === false ? 0 : 1;
  return [...unique.values()].sort(
    (a, b) =>
      isArgument(a) - isArgument(b) ||
      (a.range?.line ?? 0) - (b.range?.line ?? 0) ||
      (a.range?.column ?? 0) - (b.range?.column ?? 0) ||
      compareCodePoints(a.code, b.code),
  );
}
