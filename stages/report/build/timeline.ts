import type { JobHistory } from '../../../pipeline/contract/worker.js';
import type { TimelineEntry, TimelineRun } from '../model/provenance.js';
import { byAll, compareNaturally, groupBy } from '../order.js';
import type { ReportInputs } from '../read/inputs.js';

/** Who made what the report depends on, and when: of each result the run that made it, however often it was reused since. */
export function buildTimeline({ history }: Pick<ReportInputs, 'history'>): TimelineRun[] {
  const runs = [...groupBy(history, ({ run }) => run)]
    .map(([run, made]) => ({ run, made, first: Math.min(...made.map(startOf)) }))
    .sort(
      byAll(
        (a, b) => b.first - a.first,
        (a, b) => compareNaturally(b.run, a.run),
      ),
    );
  return runs.map(({ run, made, first }, index) => ({
    run,
    started_at: new Date(first).toISOString(),
    wall_s: Math.max(...made.map((one) => (startOf(one) - first) / 1000 + one.wall_seconds)),
    reused: index > 0,
    instances: made
      .map((one) => entryOf(one, first))
      .sort(
        byAll(
          (a, b) => a.start_s - b.start_s,
          (a, b) => compareNaturally(a.instance, b.instance),
        ),
      ),
  }));
}

function startOf({ started_at }: JobHistory): number {
  return Date.parse(started_at);
}

function entryOf(one: JobHistory, first: number): TimelineEntry {
  const { instance, stage, wall_seconds, host, executor, attempts, usage } = one;
  return {
    instance,
    stage,
    start_s: (startOf(one) - first) / 1000,
    wall_s: wall_seconds,
    host,
    executor,
    attempts,
    cpu_s: usage?.cpu_seconds ?? null,
    peak_rss_bytes: usage?.peak_rss_bytes ?? null,
    read_bytes: usage?.read_bytes ?? null,
    written_bytes: usage?.written_bytes ?? null,
  };
}
