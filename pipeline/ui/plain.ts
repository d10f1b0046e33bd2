import { unreachable } from '../base/unreachable.js';
import type { Event, EventSink, Outcome } from '../contract/event.js';
import { columnsOf, type Paint, paint, wantsColour } from './colour.js';
import { expectedLines } from './expected-hours.js';
import { duration, figure, summaryFigures } from './format.js';
import { failureMessage } from './messages.js';
import { flushed, type ViewOutput } from './output.js';
import { planLines, resumeText } from './plan-table.js';
import { reasonsText, reasonText } from './reasons.js';
import { RunState } from './run-state.js';
import { progressParts, timeLeftPart } from './status-text.js';
import { oneLine } from './text.js';

const PROGRESS_EVERY_MS = 5000;

/** One line for each thing that happens, for logs and for terminals that cannot move a cursor. */
export function plainSink(output: ViewOutput): EventSink {
  const view = new PlainView(
    paint(wantsColour(output.stdout, output.env)),
    columnsOf(output.stdout),
    (line) => {
      output.stdout.write(`${line}\n`);
    },
  );
  return {
    handle: (event) => view.handle(event),
    close: () => {
      view.flush();
      return flushed(output.stdout);
    },
  };
}

class PlainView {
  readonly #paint: Paint;
  readonly #columns: number;
  readonly #print: (line: string) => void;
  readonly #state = new RunState();
  /** Instance to the time of its latest progress line. */
  readonly #told = new Map<string, number>();
  /** Instances of one stage that were reused one after the other: told in one line. */
  #reused: { stage: string; ids: string[]; time: number; status: 'reused' | 'restored' } | null = null;
  #startedAt: number | null = null;

  constructor(paintWith: Paint, columns: number, print: (line: string) => void) {
    this.#paint = paintWith;
    this.#columns = columns;
    this.#print = print;
  }

  handle(event: Event): void {
    this.#startedAt ??= event.time;
    this.#state.apply(event);
    const quiet = event.type === 'instance-finished' && this.#collect(event);
    if (quiet) return;
    this.flush();
    this.#tell(event);
  }

  /** Prints what was held back. */
  flush(): void {
    const reused = this.#reused;
    if (reused === null) return;
    this.#reused = null;
    const total = this.#state.stages.get(reused.stage)?.instances.length ?? reused.ids.length;
    const only = reused.ids.length === 1 ? reused.ids[0] : undefined;
    const who = only ?? reused.stage;
    const text =
      only === undefined
        ? `${figure(reused.ids.length)} of ${figure(total)} ${reused.status}`
        : reused.status;
    this.#line(reused.time, who, this.#paint.dim(text));
  }

  #collect(event: Extract<Event, { type: 'instance-finished' }>): boolean {
    const { status } = event.outcome;
    if (status !== 'reused' && status !== 'restored') return false;
    const { stage } = this.#state.instance(event.instance);
    if (this.#reused?.stage !== stage || this.#reused.status !== status) this.flush();
    this.#reused ??= { stage, ids: [], time: event.time, status };
    this.#reused.ids.push(event.instance);
    return true;
  }

  #tell(event: Event): void {
    switch (event.type) {
      case 'run-started': {
        const profile = event.profile.length === 0 ? '' : `, profile ${event.profile.join(',')}`;
        this.#print(this.#paint.bold(oneLine(`${event.study}${profile}, run ${event.run}`)));
        const lines = [
          ...planLines(event.plan, this.#columns - 2),
          ...expectedLines(event.plan, this.#columns - 2),
        ];
        for (const line of lines) this.#print(`  ${line}`);
        return;
      }
      case 'setup-progress': {
        const count =
          event.done === undefined || event.total === undefined
            ? ''
            : ` (${figure(event.done)} of ${figure(event.total)})`;
        const last = event.total !== undefined && event.done === event.total;
        if (last || this.#due('setup', event.time))
          this.#line(event.time, 'setup', `${oneLine(event.message)}${count}`);
        return;
      }
      case 'setup-failed':
        this.#line(event.time, 'setup', this.#paint.red(failureMessage(event.failure, 'The setup').text));
        return;
      case 'note':
        this.#line(event.time, 'note', this.#paint.yellow(oneLine(event.message)));
        return;
      case 'instance-retrying': {
        const { text } = failureMessage(event.failure, `attempt ${event.attempt - 1}`);
        const next = `attempt ${event.attempt} of ${event.of} in ${duration(event.delaySeconds)}`;
        this.#line(event.time, event.instance, this.#paint.yellow(`${text} ${next}`));
        return;
      }
      case 'waiting-for-lock':
        if (event.instance !== undefined) {
          this.#line(event.time, event.instance, `waits for the same work of ${oneLine(event.holder)}`);
          return;
        }
        this.#line(event.time, 'waiting', `another run is working here: ${oneLine(event.holder)}`);
        return;
      case 'instance-started': {
        // Short work ends without a line on its progress.
        this.#told.set(event.instance, event.time);
        const reasons = reasonsText(event.reasons.map(reasonText));
        this.#line(event.time, event.instance, `started${reasons === '' ? '' : `: ${reasons}`}`);
        return;
      }
      case 'instance-resuming':
        this.#line(event.time, event.instance, resumeText(1));
        return;
      case 'instance-progress': {
        if (!this.#due(event.instance, event.time)) return;
        const instance = this.#state.instance(event.instance);
        const parts = [...progressParts(instance), timeLeftPart(instance.meter.secondsLeft)];
        const text = parts.map((part) => part.text).filter((part) => part !== '');
        this.#line(event.time, event.instance, text.join(' · '));
        return;
      }
      case 'instance-metric':
      case 'run-finished':
        return;
      case 'instance-log': {
        const { level, message } = event.message;
        const text = oneLine(message);
        this.#line(
          event.time,
          event.instance,
          level === 'warning' ? this.#paint.yellow(`warning: ${text}`) : text,
        );
        return;
      }
      case 'instance-finished':
        this.#tellOutcome(event.time, event.instance, event.outcome);
        return;
      default:
        unreachable(event);
    }
  }

  #tellOutcome(time: number, instance: string, outcome: Outcome): void {
    const { red, green, yellow } = this.#paint;
    switch (outcome.status) {
      case 'ran': {
        const figures = summaryFigures(outcome.summary, 4);
        this.#line(
          time,
          instance,
          [green(`finished in ${duration(outcome.seconds)}`), ...figures.map(oneLine)].join(' · '),
        );
        return;
      }
      case 'reused':
      case 'restored':
        this.#line(time, instance, outcome.status);
        return;
      case 'failed':
      case 'skipped': {
        const message =
          outcome.failure === undefined ? null : failureMessage(outcome.failure, instance, outcome.log);
        const colour = outcome.status === 'failed' ? red : yellow;
        this.#line(time, outcome.status, colour(message?.text ?? `${instance} ${outcome.status}`));
        return;
      }
      default:
        unreachable(outcome.status);
    }
  }

  #due(who: string, time: number): boolean {
    const before = this.#told.get(who);
    if (before !== undefined && time - before < PROGRESS_EVERY_MS) return false;
    this.#told.set(who, time);
    return true;
  }

  #line(time: number, who: string, text: string): void {
    const seconds = Math.floor((time - (this.#startedAt ?? time)) / 1000);
    const minutes = `${String(Math.floor(seconds / 60)).padStart(2, '0')}:${String(seconds % 60).padStart(2, '0')}`;
    this.#print(`${this.#paint.dim(minutes)} ${this.#paint.cyan(who)} ${text}`);
  }
}
