import type { ResourceUsage } from '../contract/store.js';
import { bytes, duration, figure } from './format.js';
import type { StageState } from './run-state.js';

/** What the instances of a stage that ran used together; a member is null where none of them knew. */
export interface StageUsage {
  readonly ran: number;
  /** Sum over instances, seconds: those that ran side by side count both. */
  readonly wall_seconds: number;
  readonly cpu_seconds: number | null;
  /** The highest of the instances. */
  readonly peak_rss_bytes: number | null;
  readonly read_bytes: number | null;
  readonly written_bytes: number | null;
}

/** Null for a stage of which nothing ran. */
export function stageUsage({ instances }: Pick<StageState, 'instances'>): StageUsage | null {
  const ran = instances.flatMap(({ status, outcome }) =>
    outcome !== null && (status === 'ran' || status === 'failed') ? [outcome] : [],
  );
  if (ran.length === 0) return null;
  const known = (name: keyof ResourceUsage): readonly number[] =>
    ran.flatMap(({ usage }) => {
      const value = usage?.[name];
      return typeof value === 'number' ? [value] : [];
    });
  const sum = (name: keyof ResourceUsage): number | null => {
    const values = known(name);
    return values.length === 0 ? null : values.reduce((total, value) => total + value, 0);
  };
  const peaks = known('peak_rss_bytes');
  return {
    ran: ran.length,
    wall_seconds: ran.reduce((total, { seconds }) => total + seconds, 0),
    cpu_seconds: sum('cpu_seconds'),
    peak_rss_bytes: peaks.length === 0 ? null : Math.max(...peaks),
    read_bytes: sum('read_bytes'),
    written_bytes: sum('written_bytes'),
  };
}

export const USAGE_HEADER = ['Time', 'CPU', 'Peak memory', 'Read', 'Written'] as const;

/** Cells below {@link USAGE_HEADER}; empty ones where nothing ran. */
export function usageCells(usage: StageUsage | null): readonly string[] {
  if (usage === null) return USAGE_HEADER.map(() => '');
  const cell = (value: number | null, text: (value: number) => string): string =>
    value === null ? '-' : text(value);
  return [
    duration(usage.wall_seconds),
    cell(usage.cpu_seconds, duration),
    cell(usage.peak_rss_bytes, bytes),
    cell(usage.read_bytes, bytes),
    cell(usage.written_bytes, bytes),
  ];
}

/** Rows of a table with what each stage that ran used, header first; none where no executor measured anything. */
export function usageRows(stages: Iterable<StageState>): readonly (readonly string[])[] {
  const rows = [...stages].flatMap((stage) => {
    const usage = stageUsage(stage);
    return usage === null ? [] : [{ name: stage.name, usage }];
  });
  const measured = rows.some(({ usage }) => usage.cpu_seconds !== null || usage.peak_rss_bytes !== null);
  if (!measured) return [];
  return [
    ['Stage', 'Ran', ...USAGE_HEADER],
    ...rows.map(({ name, usage }) => [name, figure(usage.ran), ...usageCells(usage)]),
  ];
}
