import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { err, ok, type Result } from '../base/result.js';
import { EXIT } from './exit-codes.js';
import { complain, openOrExplain } from './prepare.js';
import type { ProjectOptions } from './project.js';

export interface LastReport {
  /** Absolute. */
  readonly folder: string;
  /** Of the project. */
  readonly root: string;
}

/** Where the report is that the last run made; else the exit code, after saying why there is none. */
export function lastReport(options: ProjectOptions): Result<LastReport, number> {
  const opened = openOrExplain(options);
  if (!opened.ok) return opened;
  const { graph, layout, config } = opened.value;
  const instance = graph.instances.find((candidate) => candidate.definition.id === 'report');
  if (instance === undefined)
    return err(complain('this profile has no report stage', 'add one to stages: in pipeline.yaml'));
  const folder = join(layout.outputs(instance.stage.name, instance.coordinates), 'report');
  if (!existsSync(join(folder, 'report.json'))) {
    return err(complain('there is no report yet', 'make it with: pipeline run report', EXIT.failed));
  }
  return ok({ folder, root: config.root });
}
