import { duration, figure, metricText } from './format.js';
import type { InstanceState, StageState } from './run-state.js';
import { displayWidth, truncate } from './text.js';

/** A part of a status line; parts of the highest rank are left out first where the line is too long. */
export interface Part {
  readonly text: string;
  readonly rank: number;
  /** Belongs to the part before it, which must be of a lower rank. */
  readonly glued?: boolean;
}

const SEPARATOR = ' · ';

/** Joins what fits into `width` columns; the part of the lowest rank is cut as a last resort. */
export function joinParts(head: string, parts: readonly Part[], width: number): string {
  const kept = parts.filter((part) => part.text !== '');
  const line = () =>
    kept.reduce((text, part, index) => {
      if (index === 0) return head === '' ? part.text : `${head}  ${part.text}`;
      return text + (part.glued ? ' ' : SEPARATOR) + part.text;
    }, head);
  while (kept.length > 0 && displayWidth(line()) > width) {
    const lowest = Math.max(...kept.map((part) => part.rank));
    if (kept.length === 1 && width - displayWidth(head) >= 12) break;
    kept.splice(
      kept.findLastIndex((part) => part.rank === lowest),
      1,
    );
  }
  return truncate(line(), width);
}

/** What a running instance is doing: phase, pace, metrics. */
export function progressParts(instance: InstanceState): Part[] {
  return [...phaseParts(instance), ...metricParts(instance)];
}

/** Its metrics in the order in which it first told them: the first stay longest where room is short. */
export function metricParts({ metrics }: InstanceState): Part[] {
  return [...metrics].map(([name, value]) => ({ text: metricText(name, value), rank: 4 }));
}

export function phaseParts(instance: InstanceState): Part[] {
  const parts: Part[] = [];
  const { progress, meter } = instance;
  if (progress !== null) {
    const count =
      progress.total === undefined
        ? `${figure(progress.done)} ${progress.unit}`
        : `${figure(progress.done)} of ${figure(progress.total)} ${progress.unit}`;
    if (progress.phase !== undefined) parts.push({ text: progress.phase, rank: 3 });
    parts.push({ text: count, rank: progress.phase === undefined ? 3 : 5 });
    // A worker that measures its own pace in a better unit than ours has the say.
    const own = [...instance.metrics.keys()].some((name) => name.endsWith('_per_s'));
    const rate = meter.rate;
    if (rate !== null && !own) parts.push({ text: `${figure(rate)} ${progress.unit}/s`, rank: 6 });
  }
  return parts;
}

export function timeLeftPart(seconds: number | null): Part {
  return { text: seconds === null ? '' : `ETA ${duration(seconds)}`, rank: 1 };
}

/**
 * Seconds until a stage is done, from the pace of what runs and the mean time of what is done; null until one of
 * both is known. Instances that wait are assumed to run as many at a time as run now.
 */
export function stageSecondsLeft(stage: StageState): number | null {
  const running = stage.instances.filter((instance) => instance.status === 'running');
  const waiting = stage.instances.filter((instance) => instance.status === 'waiting').length;
  const left = running.map((instance) => instance.meter.secondsLeft).filter((seconds) => seconds !== null);
  if (running.length === 0 || left.length < running.length) return null;
  const longest = Math.max(...left);
  if (waiting === 0) return longest;
  const ran = stage.instances.filter((instance) => instance.status === 'ran');
  const times =
    ran.length > 0
      ? ran.map((instance) => instance.outcome?.seconds ?? 0)
      : running.map(
          (instance) => (instance.seenAt - instance.startedAt) / 1000 + (instance.meter.secondsLeft ?? 0),
        );
  const mean = times.reduce((sum, seconds) => sum + seconds, 0) / times.length;
  return longest + mean * Math.ceil(waiting / running.length);
}

/** `2 of 10`, and what became of those that are done where that is worth a word. */
export function countParts(stage: StageState): Part[] {
  const total = stage.instances.length;
  if (total === 1) return [];
  const count = (status: InstanceState['status']) =>
    stage.instances.filter((instance) => instance.status === status).length;
  const done = total - count('waiting') - count('running');
  const parts: Part[] = [{ text: `${figure(done)} of ${figure(total)}`, rank: 0 }];
  const failed = count('failed');
  if (failed > 0) parts.push({ text: `${figure(failed)} failed`, rank: 0 });
  return parts;
}

/** The words for a stage whose instances are all done: `reused`, `10 of 10 · 7 ran, 3 reused`. */
export function doneParts(stage: StageState): Part[] {
  const words: string[] = [];
  const statuses = ['ran', 'reused', 'restored', 'failed', 'skipped'] as const;
  for (const status of statuses) {
    const count = stage.instances.filter((instance) => instance.status === status).length;
    if (count === stage.instances.length)
      return [{ text: count === 1 ? status : `all ${figure(count)} ${status}`, rank: 0 }];
    if (count > 0) words.push(`${figure(count)} ${status}`);
  }
  return [{ text: words.join(', '), rank: 0 }];
}

/** Wall time from the first start to the last end, seconds; null where nothing was started. */
export function stageSeconds(stage: StageState): number | null {
  const started = stage.instances.filter((instance) => instance.startedAt > 0);
  if (started.length === 0) return null;
  const first = Math.min(...started.map((instance) => instance.startedAt));
  return Math.max(0, (Math.max(...started.map((instance) => instance.seenAt)) - first) / 1000);
}
