import type { PaperPhases, PhaseMeans } from '../model/paper-parts.js';
import type { ResultRow } from '../model/report.js';
import type { Phase, Telemetry } from '../model/telemetry.js';
import { highestOf, knownOf, meanOf } from '../statistics/descriptive.js';
import { timingStanding } from './row-standing.js';

/**
 * The phases in which inferences are timed, of the row's valid seeds: its windows, or the one pass where it has none. The pass over all tweets beside windows
 * keeps every processor busy and would say nothing of one inference.
 */
function during(list: readonly Telemetry[]): Phase[] {
  return list.flatMap(({ phases }) => {
    const windows = phases.filter(({ name }) => name === 'window');
    return windows.length > 0 ? windows : phases.filter(({ name }) => name === 'during');
  });
}

function meansOf(phases: readonly Phase[], hasProcess: boolean): PhaseMeans {
  const mean = (pick: (phase: Phase) => number): number | null => knownOf(meanOf(phases.map(pick)));
  return {
    cpu_system: mean(({ cpu_system }) => cpu_system),
    cpu_process: hasProcess ? mean(({ cpu_process }) => cpu_process) : null,
    memory_used: mean(({ memory_used }) => memory_used),
    rss: hasProcess ? knownOf(highestOf(phases.map(({ rss }) => rss))) : null,
    power: mean(({ power }) => power ?? Number.NaN),
  };
}

const NOTHING: PhaseMeans = {
  cpu_system: null,
  cpu_process: null,
  memory_used: null,
  rss: null,
  power: null,
};

/** Means of each row over its valid seeds. The measured process lives while it measures only. */
export function buildPhases(rows: readonly ResultRow[], telemetry: readonly Telemetry[]): PaperPhases[] {
  return rows.map((row) => {
    const standing = timingStanding(row);
    const spoilt = new Set(
      row.seeds.filter(({ verdict }) => verdict === 'invalid').map(({ instance }) => instance),
    );
    const own = telemetry.filter((one) => one.row === row.id && !spoilt.has(one.instance));
    if (standing !== 'measured')
      return { row: row.id, standing, before: NOTHING, during: NOTHING, after: NOTHING };
    const named = (name: string): Phase[] =>
      own.flatMap(({ phases }) => phases.filter((phase) => phase.name === name));
    return {
      row: row.id,
      standing,
      // A meter records from the rest right before the windows.
      before: {
        ...meansOf(named('before'), false),
        power: meansOf([...named('before'), ...named('rest')], false).power,
      },
      during: meansOf(during(own), true),
      after: meansOf(named('after'), false),
    };
  });
}
