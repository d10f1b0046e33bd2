import { existsSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { EXIT } from '../exit-codes.js';
import { complain, openOrExplain } from '../prepare.js';
import type { ProjectOptions } from '../project.js';

/** `pipeline report`: the path of the report that the last run made; with --json its content. Makes nothing. */
export async function report(options: ProjectOptions & { readonly json: boolean }): Promise<number> {
  const opened = openOrExplain(options);
  if (!opened.ok) return opened.error;
  const { graph, layout, config } = opened.value;
  const instance = graph.instances.find((candidate) => candidate.definition.id === 'report');
  if (instance === undefined)
    return complain('this profile has no report stage', 'add one to stages: in pipeline.yaml');
  const folder = join(layout.outputs(instance.stage.name, instance.coordinates), 'report');
  const document = join(folder, 'report.json');
  if (!existsSync(document)) {
    return complain('there is no report yet', 'make it with: pipeline run report', EXIT.failed);
  }
  if (options.json) process.stdout.write(readFileSync(document));
  else process.stdout.write(`${relative(config.root, join(folder, 'report.html'))}\n`);
  return EXIT.ok;
}
