import { copyFileSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { WorkMessageHandler } from '../contract/executor.js';
import type { Decision, Instance } from '../contract/plan.js';
import type { RunRecord } from '../contract/store.js';
import type { Verification } from '../contract/verify.js';
import { verdict } from '../plan/verify.js';
import { compareOutputs } from '../store/compare-outputs.js';
import { ContentStore } from '../store/content.js';
import { storeLayout } from '../store/layout.js';
import { type AttemptContext, attempt, fileName } from './attempt.js';

/** A result that stands, which is all that can be verified. */
export type Standing = Extract<Decision, { action: 'reuse' | 'restore' }>;

export interface VerifyOutcome {
  readonly verification: Verification;
  /** Project-relative path of the log; only of one that failed. */
  readonly log?: string;
}

/**
 * Runs an instance again with the inputs of its record and compares what comes out. Its content goes into a store of its
 * own in the scratch folder, which is deleted: the result that stands is not touched, whatever is found.
 */
export async function verifyInstance(
  context: AttemptContext,
  instance: Instance,
  { record, key, document }: Standing,
  upstream: (instance: string) => RunRecord,
  onMessage: WorkMessageHandler,
): Promise<VerifyOutcome> {
  const { project } = context;
  const folder = join(project.layout.scratch, context.run, 'verify');
  const layout = storeLayout(folder);
  const content = new ContentStore(layout);
  const log = join(folder, 'worker.log');
  mkdirSync(folder, { recursive: true });
  const started = performance.now();
  try {
    const result = await attempt(
      { ...context, project: { ...project, content } },
      instance,
      { action: 'run', reasons: [{ kind: 'forced' }], key, document },
      upstream,
      log,
      onMessage,
    );
    const base = {
      schema: 1,
      instance: instance.id,
      key,
      at: new Date().toISOString(),
      wall_seconds: (performance.now() - started) / 1000,
    } as const;
    if (!result.ok) {
      const verification = {
        ...base,
        outcome: 'failed',
        files: [],
        figures: [],
        failure: result.error,
      } as const;
      return { verification, ...keptLog(context, instance, log) };
    }
    const files = compareOutputs(
      { outputs: record.outputs, content: project.content, blob: project.layout.blob },
      { outputs: result.value.outputs, content, blob: layout.blob },
    );
    const { repeatability } = instance.definition;
    const found = verdict(files, record.summary, result.value.summary, repeatability);
    return { verification: { ...base, ...found } };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function keptLog(
  { project }: AttemptContext,
  instance: Instance,
  log: string,
): Pick<VerifyOutcome, 'log'> | undefined {
  if (!existsSync(log)) return undefined;
  const folder = join(project.layout.artifacts, 'verify');
  mkdirSync(folder, { recursive: true });
  const kept = join(folder, `${fileName(instance.id)}.log`);
  copyFileSync(log, kept);
  return { log: relative(project.config.root, kept) };
}
