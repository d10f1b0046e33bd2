import { join } from 'node:path';
import type { WorkMessageHandler } from '../../contract/executor.js';
import type { Instance } from '../../contract/plan.js';
import type { RunRecord } from '../../contract/store.js';
import type { Verification } from '../../contract/verify.js';
import { localExecutor } from '../../execute/local-executor.js';
import { selectInstances } from '../../plan/selector.js';
import { duration } from '../../ui/format.js';
import { failureMessage } from '../../ui/messages.js';
import { groupedReasonText, reasonsText } from '../../ui/reasons.js';
import { verificationLines } from '../../ui/verify-text.js';
import type { AttemptContext } from '../attempt.js';
import { CodeSnapshots } from '../code-snapshots.js';
import { edgelinePython, mayUsePython } from '../edgeline-python.js';
import { locksFor } from '../execute-instance.js';
import { EXIT } from '../exit-codes.js';
import { complain, type Prepared, prepare } from '../prepare.js';
import type { ProjectOptions } from '../project.js';
import { type Session, withSession } from '../session.js';
import { type Standing, verifyInstance } from '../verify-instance.js';

export interface VerifyOptions extends ProjectOptions {
  readonly json: boolean;
}

/** `pipeline verify`: runs instances again in a scratch folder and compares; exit 1 when one comes out otherwise. */
export async function verify(selectors: readonly string[], options: VerifyOptions): Promise<number> {
  const prepared = await prepare(selectors, { ...options, force: [] });
  if (!prepared.ok) return prepared.error;
  const { project, plan } = prepared.value;
  const targets = selectInstances(project.graph, selectors);
  if (!targets.ok) throw new Error(`Internal error: ${targets.error}`);
  const standing = new Map<string, Standing>();
  for (const [id, decision] of plan.decisions) if ('record' in decision) standing.set(id, decision);
  const without = targets.value.find(({ id }) => !standing.has(id));
  if (without !== undefined) {
    const reasons = plan.planned.find(({ id }) => id === without.id)?.reasons ?? [];
    return complain(
      `${without.id} has no result to verify: ${reasonsText(reasons.map(groupedReasonText))}`,
      `only what is up to date can be verified; make it with: pipeline run '${without.id}'`,
    );
  }
  return withSession(project, async (session) => {
    const context = await contextOf(prepared.value, targets.value, session);
    return context === null
      ? EXIT.failed
      : verifyAll(prepared.value, targets.value, standing, { context, session, options });
  });
}

interface Parts {
  readonly context: AttemptContext;
  readonly session: Session;
  readonly options: VerifyOptions;
}

async function verifyAll(
  { project }: Prepared,
  targets: readonly Instance[],
  standing: ReadonlyMap<string, Standing>,
  { context, session, options }: Parts,
): Promise<number> {
  const recordOf = (id: string): RunRecord => {
    const found = standing.get(id);
    if (found === undefined) throw new Error(`Internal error: ${id} has no result`);
    return found.record;
  };
  const found: Verification[] = [];
  for (const instance of targets) {
    const decision = standing.get(instance.id);
    if (decision === undefined) continue;
    const lost = restoreInputs(context, instance, standing);
    if (lost !== null) {
      return complain(
        `${lost} is damaged in the store, and ${instance.id} reads it`,
        `make it again with: pipeline run '${lost}'`,
        EXIT.failed,
      );
    }
    const held = await session.lock(locksFor(context, instance, decision));
    if (held === null) return EXIT.aborted;
    try {
      process.stderr.write(
        `${instance.id}: runs again, took ${duration(decision.record.wall_seconds)} before\n`,
      );
      const { verification, log } = await verifyInstance(context, instance, decision, recordOf, progress());
      if (session.signal.aborted) return EXIT.aborted;
      project.verifications.write(verification);
      found.push(verification);
      if (options.json) continue;
      const lines = verificationLines(verification, process.stdout.columns || 100, log);
      process.stdout.write(`${lines.join('\n')}\n`);
    } finally {
      held.release();
    }
  }
  if (options.json) process.stdout.write(`${JSON.stringify(found, null, 2)}\n`);
  const same = found.every(({ outcome }) => outcome === 'identical' || outcome === 'within-tolerance');
  return same ? EXIT.ok : EXIT.failed;
}

/** The instance that could not be restored, or null. */
function restoreInputs(
  { project }: AttemptContext,
  instance: Instance,
  standing: ReadonlyMap<string, Standing>,
): string | null {
  for (const id of instance.dependencies) {
    const source = project.graph.byId.get(id);
    const decision = standing.get(id);
    if (source === undefined || decision?.action !== 'restore') continue;
    const link = project.layout.outputs(source.stage.name, source.coordinates);
    if (!project.outputs.restore(decision.record, link)) return id;
  }
  return null;
}

async function contextOf(
  { project, facts }: Prepared,
  targets: readonly Instance[],
  { id, signal }: Session,
): Promise<AttemptContext | null> {
  let python = '';
  if (targets.some(mayUsePython)) {
    const made = await edgelinePython(project, (message) => process.stderr.write(`${message}\n`), signal);
    if (!made.ok) {
      const { text, hint } = failureMessage(made.error, 'setup');
      complain(text, hint ?? '');
      return null;
    }
    python = made.value;
  }
  const local = localExecutor('local');
  const code = new CodeSnapshots(
    join(project.layout.scratch, id, 'code'),
    project.installation,
    facts.sources,
  );
  return { project, run: id, python, code, signal, executor: () => local };
}

const TELL_EVERY_MILLISECONDS = 5000;

/** Tells on stderr how far the worker is, now and then. */
function progress(): WorkMessageHandler {
  let told = performance.now();
  return (message) => {
    if (message.type !== 'progress' || performance.now() - told < TELL_EVERY_MILLISECONDS) return;
    told = performance.now();
    const { done, total, unit, phase } = message;
    const count = total === undefined ? `${done}` : `${done} of ${total}`;
    process.stderr.write(`  ${phase === undefined ? '' : `${phase}: `}${count} ${unit}\n`);
  };
}
