import type { ExplainedResult, Explanation } from '../contract/explain.js';
import type { Instance } from '../contract/plan.js';
import type { RunRecord } from '../contract/store.js';
import { RootCauses } from '../plan/roots.js';
import { causeText } from '../ui/reasons.js';
import type { Prepared } from './prepare.js';

/** What would be done with each of these instances and every cause of it, followed up to where it comes from. */
export function explainInstances(prepared: Prepared, instances: readonly Instance[]): readonly Explanation[] {
  const { project, facts, plan } = prepared;
  const planned = new Map(plan.planned.map((one) => [one.id, one]));
  const roots = new RootCauses({
    facts,
    planned,
    byId: project.graph.byId,
    history: (instance) => project.records.history(instance),
  });
  return instances.map((instance) => {
    const one = planned.get(instance.id);
    if (one === undefined) throw new Error(`Internal error: ${instance.id} is not planned`);
    const decision = plan.decisions.get(instance.id);
    const last = facts.lastRecord(instance.id);
    const record = decision !== undefined && 'record' in decision ? decision.record : last;
    return {
      schema: 1,
      instance: instance.id,
      stage: instance.stage.name,
      coordinates: instance.coordinates,
      action: one.action,
      ...(one.resumes === undefined ? {} : { resumes: one.resumes }),
      causes: one.reasons.map((reason) => {
        const found = roots.of(reason, last?.document ?? null);
        return { reason, roots: found, text: causeText(reason, found) };
      }),
      key: decision !== undefined && 'key' in decision ? decision.key : null,
      result: record === null ? null : explainedResult(prepared, record),
    };
  });
}

function explainedResult({ project }: Prepared, record: RunRecord): ExplainedResult {
  return {
    key: record.key,
    run: record.run,
    started_at: record.started_at,
    wall_seconds: record.wall_seconds,
    host: record.host,
    executor: record.executor ?? 'local',
    attempts: record.attempts ?? 1,
    ...(record.resumed === undefined ? {} : { resumed: record.resumed }),
    usage: record.usage ?? null,
    inputs: record.document.inputs,
    external: record.document.external,
    outputs: record.outputs,
    summary: record.summary,
    accepted: record.accepted ?? null,
    verified: project.verifications.read(record.key),
  };
}
