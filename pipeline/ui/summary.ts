import type { EventSink } from '../contract/event.js';
import type { Failure } from '../contract/failure.js';
import { columnsOf, type Paint, paint, wantsColour } from './colour.js';
import { counted, duration, figure } from './format.js';
import { type FailureMessage, failureMessage } from './messages.js';
import { flushed, type ViewOutput } from './output.js';
import { type InstanceState, RunState } from './run-state.js';
import { tableLines } from './table.js';
import { padEnd, wrap } from './text.js';
import { usageRows } from './usage-table.js';

const WARNINGS_SHOWN = 10;
const FAILURES_SHOWN = 10;
/** Below that the table of what stages used would become a list. */
const USAGE_COLUMNS = 72;

/** Lets a view draw, and when it is closed says what came of the run. */
export function summarySink(view: EventSink, output: ViewOutput): EventSink {
  const state = new RunState();
  return {
    handle: (event) => {
      state.apply(event);
      view.handle(event);
    },
    close: async () => {
      await view.close();
      for (const line of summaryLines(state, output)) output.stdout.write(`${line}\n`);
      await flushed(output.stdout);
    },
  };
}

/** Warnings, failures with what to do, the result table, what ran and what was reused; each line fits the output. */
export function summaryLines(state: RunState, { stdout, env }: ViewOutput): string[] {
  const width = columnsOf(stdout);
  const style = paint(wantsColour(stdout, env));
  const sections = [
    warningLines(state, width, style),
    failureLines(state, width, style),
    tableLines(state.finished?.table ?? [], width),
    endingLines(state, width, style),
  ];
  return sections.filter((section) => section.length > 0).flatMap((section) => ['', ...section]);
}

/** Equal warnings of a stage are told once: a matrix repeats them. */
function warningLines(state: RunState, width: number, style: Paint): string[] {
  const groups = new Map<string, string[]>();
  for (const { instance, message } of state.warnings) {
    const key = `${state.instance(instance).stage}\n${message}`;
    groups.set(key, [...(groups.get(key) ?? []), instance]);
  }
  const shown = [...groups].slice(0, WARNINGS_SHOWN).flatMap(([key, instances]) => {
    const [stage = '', message = ''] = key.split('\n', 2);
    const who = instances.length === 1 ? instances[0] : `${stage} (${figure(instances.length)} times)`;
    return wrap(`  ${who}: ${message}`, width, '    ');
  });
  const more = groups.size - WARNINGS_SHOWN;
  const rest = more > 0 ? [`  and ${counted(more, 'more warning')}: see the logs.`] : [];
  return shown.length === 0 ? [] : [style.yellow(counted(groups.size, 'warning')), ...shown, ...rest];
}

function failureLines(state: RunState, width: number, style: Paint): string[] {
  const failed = state.all().filter((instance) => instance.status === 'failed');
  const shown = failed
    .slice(0, FAILURES_SHOWN)
    .flatMap((instance, index) => [...(index === 0 ? [] : ['']), ...failureBlock(instance, width, style)]);
  const more = failed.length - FAILURES_SHOWN;
  const without = (reason: Failure['reason']) =>
    state.all().filter(({ status, outcome }) => status === 'skipped' && outcome?.failure?.reason === reason)
      .length;
  const consequences = [
    [without('dependency-failed'), 'that needed a result of these did not run.'],
    [without('not-started'), 'did not start after that; --keep-going runs what does not need what failed.'],
  ] as const;
  const setup = state.setupFailure;
  return [
    ...(setup === null ? [] : messageBlock(failureMessage(setup, 'The setup'), undefined, width, style)),
    ...shown,
    ...(more > 0 ? ['', `and ${counted(more, 'more failure')}: \`npx pipeline status\` lists them.`] : []),
    ...consequences
      .filter(([count]) => failed.length > 0 && count > 0)
      .flatMap(([count, what]) => ['', ...wrap(`${counted(count, 'instance')} ${what}`, width)]),
  ];
}

function failureBlock(instance: InstanceState, width: number, style: Paint): string[] {
  const failure = instance.outcome?.failure;
  if (failure === undefined) return [style.red(`${instance.id} failed.`)];
  return messageBlock(failureMessage(failure, instance.id, instance.log), instance.log, width, style);
}

function messageBlock(
  { text, hint }: FailureMessage,
  path: string | undefined,
  width: number,
  style: Paint,
): string[] {
  const said = text
    .split('\n')
    .flatMap((line, index) =>
      index === 0 ? wrap(line, width, '  ').map((part) => style.red(part)) : wrap(line, width, '  | '),
    );
  const log = path !== undefined && hint?.includes(path) !== true ? `Log: ${path}` : null;
  const after = [hint, log].filter((line) => line !== null);
  return [...said, ...after.flatMap((line) => wrap(`  ${line}`, width, '  '))];
}

function endingLines(state: RunState, width: number, style: Paint): string[] {
  const { finished } = state;
  if (finished === null) return [];
  const { counts, status, seconds, report } = finished;
  const worked = (['ran', 'restored', 'reused', 'failed', 'skipped'] as const)
    .filter((name) => counts[name] > 0)
    .map((name) => `${figure(counts[name])} ${name}`)
    .join(', ');
  const verdict = {
    succeeded: style.green('Done'),
    failed: style.red('Failed'),
    aborted: style.yellow('Stopped'),
  };
  const ran = ranLines(state, width);
  const nothing = status === 'succeeded' && counts.ran === 0 && counts.restored === 0;
  const what = nothing ? `nothing to do: ${worked || 'no instances'}` : worked;
  return [
    ...wrap(`${verdict[status]} in ${duration(seconds)}${what === '' ? '' : `, ${what}`}.`, width, '  '),
    ...ran,
    ...(ran[0] === '' && report !== undefined ? [''] : []),
    ...(report === undefined ? [] : [`Report: ${style.bold(report)}`]),
  ];
}

/** Where the time went: the stages that ran, in order, with what they used where that was measured and has room. */
function ranLines(state: RunState, width: number): string[] {
  const used = tableLines(usageRows(state.stages.values()), width);
  if (used.length > 0 && width >= USAGE_COLUMNS) return ['', ...used];
  const stages = [...state.stages.values()]
    .map(({ name, instances }) => {
      const ran = instances.filter((instance) => instance.status === 'ran');
      return {
        name,
        count: ran.length,
        seconds: ran.reduce((sum, { outcome }) => sum + (outcome?.seconds ?? 0), 0),
      };
    })
    .filter(({ count }) => count > 0);
  if (stages.length === 0) return [];
  const text = stages.map(
    ({ name, count, seconds }) => `${name}${count > 1 ? ` x${count}` : ''} ${duration(seconds)}`,
  );
  return wrap(`Ran: ${text.join(', ')}`, width, padEnd('', 5));
}
