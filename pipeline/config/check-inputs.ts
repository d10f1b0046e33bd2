import type { StageSource } from '../contract/config.js';
import type { InputDefinition, OutputDefinition, StageDefinition } from '../contract/stage.js';
import type { Placed, StageDraft } from './draft.js';
import type { Report } from './source.js';

interface Provider {
  readonly source: Placed<StageSource>;
  readonly output: OutputDefinition;
}

function matches(artifact: string, output: OutputDefinition): boolean {
  return artifact === '*' || output.artifact === artifact;
}

export interface Surroundings {
  readonly drafts: ReadonlyMap<string, StageDraft>;
  readonly definitions: ReadonlyMap<string, StageDefinition>;
  readonly inherited: ReadonlyMap<string, readonly string[] | undefined>;
}

/**
 * Reports inputs that nothing in `from` gives, that several sources give, or that come as many where one is
 * needed, and sources that give nothing that the stage reads.
 */
export function checkInputs(draft: StageDraft, around: Surroundings, report: Report): void {
  const { definition } = draft;
  if (definition === undefined) return;
  const sources = draft.from.map((source) => ({ source, stage: around.drafts.get(source.value.stage) }));
  // With a source that is unknown, or that is this stage itself, nothing can be said about what is missing.
  if (!draft.isFromWhole) return;
  if (sources.some(({ stage }) => stage?.outputs === undefined || stage === draft)) return;
  const providersOf = (artifact: string): Provider[] =>
    sources.flatMap(({ source, stage }) =>
      (stage?.outputs ?? [])
        .filter((output) => matches(artifact, output))
        .map((output) => ({ source, output })),
    );
  const missing = definition.inputs.filter(
    (input) => input.count !== 'any' && providersOf(input.artifact).length === 0,
  );
  for (const input of missing) reportMissing(draft, input, around, report);
  for (const input of definition.inputs) checkOne(draft, input, providersOf(input.artifact), around, report);
  if (missing.length > 0) return;
  const read = [...new Set(definition.inputs.map((input) => input.artifact))];
  for (const { source, stage } of sources) {
    const given = stage?.outputs ?? [];
    if (stage === undefined || given.some((output) => read.some((artifact) => matches(artifact, output))))
      continue;
    const reads = read.length === 0 ? 'nothing' : `only ${read.join(', ')}`;
    const message = `\`${draft.name}\` reads nothing of what \`${stage.name}\` gives (${artifactsOf(given)})`;
    report('unused-source', message, source.at, `remove it: \`uses: ${draft.uses}\` reads ${reads}`);
  }
}

function checkOne(
  draft: StageDraft,
  input: InputDefinition,
  providers: readonly Provider[],
  around: Surroundings,
  report: Report,
): void {
  const [first, second] = providers;
  if (first === undefined || input.count !== 'one') return;
  if (second !== undefined) {
    const names = providers
      .map(({ source, output }) => `\`${source.value.stage}\` (${output.name})`)
      .join(' and ');
    const message = `\`${draft.name}\` needs one \`${input.artifact}\`, but gets it from ${names}`;
    report('ambiguous-input', message, second.source.at, 'name only the stage whose result is meant');
    return;
  }
  const { value, at } = first.source;
  if (value.gather && axesOf(value.stage, around).length > 0) {
    const message = `\`${draft.name}\` needs one \`${input.artifact}\`, but \`${value.stage}@*\` gives all of them at once`;
    report('gathered-input', message, at, `write \`${value.stage}\`, so that this stage runs once for each`);
  }
}

function reportMissing(
  draft: StageDraft,
  input: InputDefinition,
  around: Surroundings,
  report: Report,
): void {
  const given = draft.from.map(({ value }) => {
    const outputs = around.drafts.get(value.stage)?.outputs ?? [];
    return `\`${value.stage}\` gives ${artifactsOf(outputs)}`;
  });
  const reason = given.length === 0 ? 'it reads from no stage' : given.join('; ');
  const [only] = draft.from;
  const at = only !== undefined && draft.from.length === 1 ? only.at : draft.at;
  const message = `\`${draft.name}\` needs \`${input.artifact}\` (input \`${input.name}\`), but ${reason}`;
  report('missing-input', message, at, whoGives(draft, input.artifact, around));
}

function whoGives(draft: StageDraft, artifact: string, around: Surroundings): string {
  const gives = (stage: Pick<StageDraft, 'outputs'>): boolean =>
    stage.outputs?.some((output) => matches(artifact, output)) === true;
  const stages = [...around.drafts.values()].filter((stage) => stage !== draft && gives(stage));
  if (stages.length > 0) return `add to \`from\`: ${stages.map((stage) => stage.name).join(' or ')}`;
  const kinds = [...around.definitions.values()].filter(gives).map((definition) => definition.id);
  if (kinds.length > 0) return `add a stage that gives it: \`uses: ${kinds.join('` or `uses: ')}\``;
  return 'no kind of stage gives it';
}

/** The axes that a stage has; those that it inherits are missing where they cannot be known. */
function axesOf(stage: string, around: Surroundings): readonly string[] {
  const own = around.drafts.get(stage)?.matrix.map((axis) => axis.value) ?? [];
  return [...(around.inherited.get(stage) ?? []), ...own];
}

function artifactsOf(outputs: readonly OutputDefinition[]): string {
  return outputs.length === 0 ? 'nothing' : outputs.map((output) => output.artifact).join(', ');
}
