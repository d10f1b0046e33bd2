import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { RunRecord } from '../../pipeline/contract/store.js';
import { INSTALLATION, PipelineRig } from './pipeline-rig.js';

const sample = (...parts: string[]): string => join(INSTALLATION, 'datasets', 'sample', ...parts);

/** A small study in TypeScript workers and a command, all of it on one executor. */
function study(executor: string, settings: Readonly<Record<string, unknown>>): string {
  return `version: 1
name: same
data: { package: package, texts: texts }
executors: { ${executor}: ${JSON.stringify(settings)} }
stages:
  fetch: { uses: fetch, with: { source: replab2013 }, executor: ${executor} }
  clean: { uses: clean, from: fetch, with: { rules: light }, executor: ${executor} }
  split: { uses: split, from: clean, with: { validation_fraction: 0.1, seed: 1 }, executor: ${executor} }
  count:
    uses: command
    from: split
    executor: ${executor}
    with:
      run: cat {inputs.split.test}/* | sort | head -20 > {outputs.counts}
      outputs: { counts: counts.txt }
`;
}

export interface Results {
  /** Instance to key and digests of its outputs. */
  readonly made: Readonly<Record<string, unknown>>;
  readonly where: readonly (string | undefined)[];
}

/** Runs the study with the real program, twice: the second time there must be nothing to do. */
export async function runStudy(
  executor: string,
  settings: Readonly<Record<string, unknown>>,
): Promise<Results> {
  await using rig = await PipelineRig.create({
    pipeline: study(executor, settings),
    copies: { package: sample('official'), texts: sample('texts') },
  });
  const first = await rig.run(['run', 'all', '--json']);
  expect(first.events().at(-1)).toMatchObject({ status: 'succeeded', counts: { ran: 4 } });
  const again = await rig.run(['run', 'all', '--json']);
  expect(again.events().at(-1)).toMatchObject({ counts: { ran: 0, reused: 4 } });
  const actions = rig.path('artifacts/store/v1/actions');
  const records = readdirSync(actions, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.json'))
    .map((path) => JSON.parse(readFileSync(join(actions, path), 'utf8')) as RunRecord)
    .sort((a, b) => (a.instance < b.instance ? -1 : 1));
  return {
    made: Object.fromEntries(
      records.map(({ instance, key, outputs }) => [
        instance,
        { key, ...Object.fromEntries(Object.entries(outputs).map(([name, { digest }]) => [name, digest])) },
      ]),
    ),
    where: records.map((record) => record.executor),
  };
}
