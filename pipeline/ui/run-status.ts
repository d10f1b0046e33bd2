import { compareCodePoints } from '../base/canonical.js';
import { columnsOf, type Paint, paint, wantsColour } from './colour.js';
import { acceptedText } from './explain-text.js';
import { counted, duration, figure } from './format.js';
import { failureMessage } from './messages.js';
import type { ViewOutput } from './output.js';
import { resumeText } from './plan-table.js';
import type { InstanceState, RunState, StageState } from './run-state.js';
import { joinParts, progressParts, stageSecondsLeft, timeLeftPart } from './status-text.js';
import { tableLines } from './table.js';
import { wrap } from './text.js';
import { stageUsage, USAGE_HEADER, usageCells } from './usage-table.js';

export type RunStanding = 'running' | 'succeeded' | 'failed' | 'aborted' | 'interrupted';

export interface StandingRun {
  readonly run: string;
  readonly state: RunState;
  readonly standing: RunStanding;
  /** Seconds from its start to its end, or to now; null where nobody knows when it ended. */
  readonly seconds: number | null;
  /** Instances of which the next attempt goes on from what this run left. */
  readonly resumable: ReadonlySet<string>;
}

const RUNNING_SHOWN = 20;
const FAILURES_SHOWN = 20;

/** A run as people want to see it: how far each stage is and what it used, what runs now, what failed. */
export function runStatusLines(found: StandingRun, { stdout, env }: ViewOutput): readonly string[] {
  const width = columnsOf(stdout);
  const style = paint(wantsColour(stdout, env));
  const { state, standing } = found;
  const stages = [...state.stages.values()];
  const rows = stages.map((stage) => [
    stage.name,
    stageText(stage, standing),
    ...usageCells(stageUsage(stage)),
  ]);
  const sections = [
    wrap(heading(found, style), width, '  '),
    tableLines([['Stage', 'State', ...USAGE_HEADER], ...rows], width),
    runningLines(state, standing, width),
    resumableLines(found, width),
    acceptedLines(state, width),
    failureLines(state, width, style),
  ];
  return sections
    .filter(({ length }) => length > 0)
    .flatMap((lines, index) => (index === 0 ? lines : ['', ...lines]));
}

function heading({ run, state, standing, seconds }: StandingRun, style: Paint): string {
  const profile = state.started?.profile ?? [];
  const time =
    seconds === null
      ? ''
      : standing === 'running'
        ? ` for ${duration(seconds)}`
        : ` after ${duration(seconds)}`;
  const said = {
    running: style.cyan('running'),
    succeeded: style.green('succeeded'),
    failed: style.red('failed'),
    aborted: style.yellow('stopped'),
    interrupted: style.yellow('was killed'),
  }[standing];
  const verb = standing === 'running' ? 'is ' : '';
  return `Run ${style.bold(run)}${profile.length === 0 ? '' : ` (${profile.join(', ')})`} ${verb}${said}${time}.`;
}

/** `all 10 reused`, `3 of 10, 2 running, ETA 40s`: short, because it is a cell. */
function stageText(stage: StageState, standing: RunStanding): string {
  const count = (...wanted: InstanceState['status'][]): number =>
    stage.instances.filter(({ status }) => wanted.includes(status)).length;
  const total = stage.instances.length;
  const words = (['ran', 'reused', 'restored', 'failed', 'skipped', 'running', 'waiting'] as const).flatMap(
    (status) => {
      const number = count(status);
      const word =
        standing !== 'running' && status === 'running'
          ? 'cut off'
          : standing !== 'running' && status === 'waiting'
            ? 'not started'
            : status;
      if (number === 0) return [];
      return [
        total === 1 ? word : number === total ? `all ${figure(number)} ${word}` : `${figure(number)} ${word}`,
      ];
    },
  );
  const left = standing === 'running' ? stageSecondsLeft(stage) : null;
  return [...words, timeLeftPart(left).text].filter((text) => text !== '').join(', ');
}

function runningLines(state: RunState, standing: RunStanding, width: number): readonly string[] {
  if (standing !== 'running') return [];
  const running = state.all().filter(({ status }) => status === 'running');
  const lines = running
    .slice(0, RUNNING_SHOWN)
    .flatMap((instance) => [
      joinParts(instance.id, [...progressParts(instance), timeLeftPart(instance.meter.secondsLeft)], width),
      ...(instance.log === undefined ? [] : wrap(`  log: ${instance.log}`, width, '  ')),
    ]);
  const more = running.length - RUNNING_SHOWN;
  return [...lines, ...(more > 0 ? [`and ${figure(more)} more`] : [])];
}

function resumableLines({ resumable, standing }: StandingRun, width: number): readonly string[] {
  if (standing === 'running' || resumable.size === 0) return [];
  const names = [...resumable].sort(compareCodePoints);
  const shown = names.slice(0, FAILURES_SHOWN).join(', ');
  const more = names.length > FAILURES_SHOWN ? ` and ${figure(names.length - FAILURES_SHOWN)} more` : '';
  return wrap(`Run again: ${shown}${more} ${resumeText(names.length)}.`, width, '  ');
}

/** Results that were not made for their key: whoever reads the figures must see it. */
function acceptedLines(state: RunState, width: number): readonly string[] {
  return state.all().flatMap(({ id, outcome }) => {
    const accepted = outcome?.accepted;
    return accepted === undefined ? [] : wrap(`${id}: ${acceptedText(accepted)}`, width, '  ');
  });
}

function failureLines(state: RunState, width: number, style: Paint): readonly string[] {
  const failed = state.all().filter(({ status }) => status === 'failed');
  const setup = state.setupFailure;
  const lines = failed.slice(0, FAILURES_SHOWN).flatMap(({ id, outcome, log }) => {
    if (outcome?.failure === undefined) return [style.red(`${id} failed`)];
    const { text, hint } = failureMessage(outcome.failure, id, log);
    const after = [hint, log !== undefined && hint?.includes(log) !== true ? `Log: ${log}` : null];
    return [
      ...text
        .split('\n')
        .flatMap((line, index) =>
          wrap(index === 0 ? line : `  | ${line}`, width, '  ').map((part) =>
            index === 0 ? style.red(part) : part,
          ),
        ),
      ...after.flatMap((line) => (line === null ? [] : wrap(`  ${line}`, width, '  '))),
    ];
  });
  const more = failed.length - FAILURES_SHOWN;
  return [
    ...(setup === null ? [] : wrap(failureMessage(setup, 'The setup').text, width, '  ')),
    ...lines,
    ...(more > 0 ? [`and ${counted(more, 'more failure')}; --json has all`] : []),
  ];
}
