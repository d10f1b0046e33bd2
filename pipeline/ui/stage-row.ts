import { counted, duration, figure } from './format.js';
import { ListrRow, type RowTask } from './listr-row.js';
import { failureMessage } from './messages.js';
import type { InstanceState, StageState } from './run-state.js';
import {
  countParts,
  doneParts,
  joinParts,
  metricParts,
  type Part,
  phaseParts,
  progressParts,
  stageSeconds,
  stageSecondsLeft,
  timeLeftPart,
} from './status-text.js';
import { oneLine, padEnd, truncate } from './text.js';

/** Enough for the slots of one machine; a terminal has few lines. */
const RUNNING_LANES = 6;
const FAILED_LANES = 3;

/** Columns that a title of each level may take. */
export interface RowWidths {
  readonly stage: number;
  readonly instance: number;
}

/** A stage on the screen: its own line, and lines below it for what runs and for what failed. What runs alone has its metrics below. */
export class StageRow {
  readonly #stage: StageState;
  readonly #name: string;
  readonly #running: readonly ListrRow[];
  readonly #failed: readonly ListrRow[];
  readonly #row: ListrRow;

  /** @param nameWidth columns to which stage names are padded, so that what follows is aligned */
  constructor(stage: StageState, nameWidth: number) {
    this.#stage = stage;
    this.#name = padEnd(stage.name, nameWidth);
    const single = stage.instances.length === 1;
    this.#running = Array.from({ length: single ? 1 : RUNNING_LANES }, () => new ListrRow(''));
    this.#failed = single ? [] : Array.from({ length: FAILED_LANES }, () => new ListrRow(''));
    this.#row = new ListrRow(stage.name, [...this.#failed, ...this.#running]);
  }

  task(): RowTask {
    return this.#row.task();
  }

  /**
   * Draws the state of the stage.
   *
   * @param now time of the engine's clock, milliseconds
   */
  refresh(widths: RowWidths, now: number): void {
    if (this.#row.ended) return;
    const { instances } = this.#stage;
    if (instances.every((instance) => instance.status === 'waiting')) return;
    const running = instances.filter((instance) => instance.status === 'running');
    const done = running.length === 0 && instances.every((instance) => instance.status !== 'waiting');
    this.#showFailures(widths.instance);
    if (done) {
      this.#end(widths.stage);
      return;
    }
    if (running.length > 0) this.#row.begin();
    this.#row.show(joinParts(this.#name, this.#runningParts(running, now), widths.stage));
    const [only] = running;
    if (only !== undefined && running.length === 1) this.#showMetrics(only, widths.instance);
    else this.#showRunning(running, widths.instance, now);
  }

  /** The run is over: what has not ended will not. */
  close(widths: RowWidths, now: number): void {
    this.refresh(widths, now);
    if (this.#row.ended) return;
    const waiting = this.#stage.instances.every((instance) => instance.status === 'waiting');
    const parts = waiting ? [] : countParts(this.#stage);
    this.#row.show(
      joinParts(this.#name, [...parts, { text: waiting ? 'not started' : 'stopped', rank: 0 }], widths.stage),
    );
    this.#row.end('skipped');
  }

  #runningParts(running: readonly InstanceState[], now: number): Part[] {
    const only = running.length === 1 ? running[0] : undefined;
    const count = countParts(this.#stage);
    if (only === undefined) {
      const many = running.length > 0 ? `${figure(running.length)} running` : '';
      return [...count, { text: many, rank: 3 }, timeLeftPart(stageSecondsLeft(this.#stage))];
    }
    return [...count, ...labelled(only, phaseParts(only), now), timeLeftPart(stageSecondsLeft(this.#stage))];
  }

  #showMetrics(only: InstanceState, width: number): void {
    for (const [index, lane] of this.#running.entries()) {
      const text = index === 0 ? joinParts('', metricParts(only), width) : '';
      if (text !== '') lane.begin();
      lane.show(text);
    }
  }

  #showRunning(running: readonly InstanceState[], width: number, now: number): void {
    for (const [index, lane] of this.#running.entries()) {
      const hidden = running.length - RUNNING_LANES + 1;
      const instance = running[index];
      if (instance !== undefined) lane.begin();
      if (index === RUNNING_LANES - 1 && hidden > 1) lane.show(`and ${figure(hidden)} more`);
      else if (instance === undefined) lane.show('');
      else
        lane.show(
          joinParts(
            '',
            [...labelled(instance, progressParts(instance), now), timeLeftPart(instance.meter.secondsLeft)],
            width,
          ),
        );
    }
  }

  #showFailures(width: number): void {
    const failed = this.#stage.instances.filter((instance) => instance.status === 'failed');
    for (const [index, lane] of this.#failed.entries()) {
      const instance = failed[index];
      if (instance === undefined) continue;
      const last = index === FAILED_LANES - 1 && failed.length > FAILED_LANES;
      lane.show(
        last
          ? `${counted(failed.length - index, 'more failure')}`
          : truncate(failureLine(instance, instance.label), width),
      );
      lane.end('failed');
    }
  }

  #end(width: number): void {
    const { instances } = this.#stage;
    const only = instances.length === 1 ? instances[0] : undefined;
    const seconds = instances.some((instance) => instance.status === 'ran')
      ? stageSeconds(this.#stage)
      : null;
    const time: Part = { text: seconds === null ? '' : duration(seconds), rank: 1 };
    const failed = instances.some((instance) => instance.status === 'failed');
    const skipped = instances.every((instance) => instance.status === 'skipped');
    const why = only !== undefined && (failed || skipped) ? failureLine(only, '') : '';
    const parts = why === '' ? [...doneParts(this.#stage), time] : [{ text: why, rank: 0 }];
    this.#row.show(joinParts(this.#name, parts, width));
    for (const lane of this.#running) lane.show('');
    this.#row.end(failed ? 'failed' : skipped ? 'skipped' : 'completed');
  }
}

function labelled(instance: InstanceState, parts: readonly Part[], now: number): Part[] {
  const label: Part = { text: instance.label, rank: 2 };
  const elapsed = duration((now - instance.startedAt) / 1000);
  if (instance.progress === null) return [label, ...parts, { text: elapsed, rank: 3 }];
  return [
    label,
    ...parts.map((part, index) => (index === 0 && label.text !== '' ? { ...part, glued: true } : part)),
  ];
}

/** One line on a failure; the whole message, and what to do, comes at the end of the run. */
function failureLine(instance: InstanceState, where: string): string {
  const failure = instance.outcome?.failure;
  if (failure === undefined) return `${where} ${instance.status}`.trim();
  const { text } = failureMessage(failure, where);
  return oneLine(text.split('\n', 1)[0] ?? text);
}
