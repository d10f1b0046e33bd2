import { userInfo } from 'node:os';
import type { AcceptedInstance, AcceptReport, RefusedInstance } from '../../contract/accept.js';
import type { Instance } from '../../contract/plan.js';
import type { RunRecord } from '../../contract/store.js';
import { type Acceptance, acceptances, acceptedRecord } from '../../plan/accept.js';
import { selectInstances } from '../../plan/selector.js';
import { acceptLines } from '../../ui/accept-text.js';
import { redact } from '../../ui/redact.js';
import { EXIT } from '../exit-codes.js';
import { ownSecrets } from '../own-secrets.js';
import { complain, type Prepared, prepare } from '../prepare.js';
import type { Project, ProjectOptions } from '../project.js';
import { type Session, withSession } from '../session.js';

export interface AcceptOptions extends ProjectOptions {
  readonly json: boolean;
  readonly reason?: string;
  readonly force: boolean;
  readonly undo: boolean;
}

/**
 * `pipeline accept`: says that the last results of instances stand though their keys changed, with the reason on record.
 * All or nothing: one difference that may not be accepted, and nothing is.
 */
export async function accept(selectors: readonly string[], options: AcceptOptions): Promise<number> {
  const reason = redact(ownSecrets())(options.reason?.trim() ?? '');
  if (reason === '' && !options.undo) {
    return complain(
      'accept needs a reason, which is kept with the result',
      'for example: pipeline accept fine-tune --reason "only a comment"',
    );
  }
  const prepared = await prepare(selectors, { ...options, force: [] });
  if (!prepared.ok) return prepared.error;
  const { project, instances, facts } = prepared.value;
  const targets = selectInstances(project.graph, selectors);
  if (!targets.ok) throw new Error(`Internal error: ${targets.error}`);
  const found = acceptances(instances, new Set(targets.value.map(({ id }) => id)), facts);
  return withSession(project, async (session) => {
    const report = options.undo
      ? await takeBack(session, prepared.value, found)
      : await acceptAll(session, prepared.value, found, { reason, force: options.force });
    return report === null ? EXIT.aborted : tell(report, options.json);
  });
}

function tell(report: AcceptReport, json: boolean): number {
  if (json) process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  else process.stdout.write(`${acceptLines(report, process.stdout.columns || 100).join('\n')}\n`);
  return report.refused.some(({ because }) => because === 'grave') || isIdle(report) ? EXIT.usage : EXIT.ok;
}

/** Nothing of what was named had a result. */
function isIdle({ accepted, undone, current, refused }: AcceptReport): boolean {
  return refused.length > 0 && accepted.length + undone.length + current.length === 0;
}

async function acceptAll(
  session: Session,
  { project }: Prepared,
  found: readonly Acceptance[],
  { reason, force }: { readonly reason: string; readonly force: boolean },
): Promise<AcceptReport | null> {
  const refused = found.flatMap((one): RefusedInstance[] => {
    const instance = one.instance.id;
    if (one.verdict === 'no-result') return [{ instance, because: 'no-result', reasons: one.reasons }];
    const grave = one.verdict === 'acceptable' && one.grave.length > 0 && !force;
    return grave ? [{ instance, because: 'grave', reasons: one.grave }] : [];
  });
  const current = currentIds(found);
  const none: AcceptReport = { schema: 1, accepted: [], undone: [], current, refused };
  if (refused.some(({ because }) => because === 'grave')) return none;
  const who = { reason, by: userInfo().username, at: new Date().toISOString() };
  const accepted: AcceptedInstance[] = [];
  for (const one of found) {
    if (one.verdict !== 'acceptable') continue;
    const { instance, key, last } = one;
    const lock = await session.lock([project.layout.keyLock(key)]);
    if (lock === null) return null;
    try {
      // A run that made it meanwhile knows better.
      if (project.records.readAgain(key) !== null) {
        current.push(instance.id);
        continue;
      }
      const record = acceptedRecord(one, who);
      if (!project.outputs.restore(record, outputsOf(project, instance))) {
        const output = Object.keys(last.outputs)[0] ?? '';
        refused.push({
          instance: instance.id,
          because: 'no-result',
          reasons: [{ kind: 'blob-missing', output }],
        });
        continue;
      }
      project.records.write(record);
      accepted.push(...acceptedInstance(record));
    } finally {
      lock.release();
    }
  }
  return { ...none, accepted };
}

async function takeBack(
  session: Session,
  { project }: Prepared,
  found: readonly Acceptance[],
): Promise<AcceptReport | null> {
  const undone: AcceptedInstance[] = [];
  for (const one of found) {
    if (one.verdict !== 'current' || one.record.accepted === undefined) continue;
    const { key, instance, accepted } = one.record;
    const lock = await session.lock([project.layout.keyLock(key)]);
    if (lock === null) return null;
    try {
      project.records.remove(key);
      project.records.point(instance, accepted.instead_of);
      const before = project.records.read(accepted.instead_of);
      if (before !== null) project.outputs.restore(before, outputsOf(project, one.instance));
    } finally {
      lock.release();
    }
    undone.push({ instance, key, accepted });
  }
  const taken = new Set(undone.map(({ instance }) => instance));
  const current = currentIds(found).filter((id) => !taken.has(id));
  return { schema: 1, accepted: [], undone, current, refused: [] };
}

function outputsOf({ layout }: Project, { stage, coordinates }: Instance): string {
  return layout.outputs(stage.name, coordinates);
}

function currentIds(found: readonly Acceptance[]): string[] {
  return found.flatMap((one) => (one.verdict === 'current' ? [one.instance.id] : []));
}

function acceptedInstance({ instance, key, accepted }: RunRecord): AcceptedInstance[] {
  return accepted === undefined ? [] : [{ instance, key, accepted }];
}
