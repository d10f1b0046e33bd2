import { Listr } from 'listr2';
import { unreachable } from '../base/unreachable.js';
import type { Event, EventSink } from '../contract/event.js';
import { columnsOf } from './colour.js';
import { expectedTotal } from './expected-hours.js';
import { figure } from './format.js';
import { ListrRow, type RowTask } from './listr-row.js';
import { listrOptions } from './listr-style.js';
import { flushed, type ViewOutput } from './output.js';
import { RunState } from './run-state.js';
import { type RowWidths, StageRow } from './stage-row.js';
import { joinParts } from './status-text.js';
import { displayWidth, oneLine, wrap } from './text.js';

const REFRESH_MS = 50;

/**
 * The view for terminals: one task per stage. listr2 only draws here: its tasks do nothing but wait for promises that
 * events resolve, so it never decides what runs, in which order, or what a failure means.
 */
export function listrSink(output: ViewOutput): EventSink {
  return new ListrView(output);
}

class ListrView implements EventSink {
  readonly #output: ViewOutput;
  readonly #state = new RunState();
  readonly #rows = new Map<string, StageRow>();
  #setup: ListrRow | null = null;
  #drawing: Promise<unknown> = Promise.resolve();
  #soon: NodeJS.Timeout | null = null;
  #everySecond: NodeJS.Timeout | null = null;
  /** Engine time minus our clock, milliseconds. */
  #offset = 0;

  constructor(output: ViewOutput) {
    this.#output = output;
  }

  handle(event: Event): void {
    this.#offset = event.time - performance.now();
    this.#state.apply(event);
    switch (event.type) {
      case 'setup-progress': {
        const { message, done, total } = event;
        const count = total === undefined ? '' : `${figure(done ?? 0)} of ${figure(total)}`;
        this.#showSetup(message, count, total !== undefined && done === total);
        return;
      }
      case 'setup-failed':
        this.#showSetup('The setup failed', '', false);
        this.#setup?.end('failed');
        return;
      case 'waiting-for-lock':
        this.#showSetup('Waiting for another run', event.holder, false);
        return;
      case 'run-started':
        this.#setup?.end('completed');
        this.#start(expectedTotal(event.plan));
        return;
      case 'instance-started':
        this.#setup?.show('');
        this.#refreshSoon();
        return;
      case 'instance-finished':
      case 'instance-progress':
      case 'instance-metric':
        this.#refreshSoon();
        return;
      case 'instance-log':
      case 'instance-resuming':
      case 'instance-retrying':
      case 'note':
      case 'run-finished':
        return;
      default:
        unreachable(event);
    }
  }

  async close(): Promise<void> {
    if (this.#soon !== null) clearTimeout(this.#soon);
    if (this.#everySecond !== null) clearInterval(this.#everySecond);
    if (this.#rows.size > 0) this.#setup?.show('');
    this.#setup?.end('completed');
    for (const row of this.#rows.values()) row.close(this.#widths(), this.#now());
    await this.#drawing;
    await flushed(this.#output.stdout);
  }

  #start(expected: string | null): void {
    if (expected !== null) {
      const lines = wrap(expected, columnsOf(this.#output.stdout), '  ');
      this.#drawing = this.#drawing.then(() => void this.#output.stdout.write(`${lines.join('\n')}\n`));
    }
    const stages = [...this.#state.stages.values()];
    // Aligned names are easier to read, where there is room for them.
    const longest = Math.max(0, ...stages.map((stage) => displayWidth(stage.name)));
    const nameWidth = columnsOf(this.#output.stdout) >= 60 ? Math.min(longest, 20) : 0;
    for (const stage of stages) this.#rows.set(stage.name, new StageRow(stage, nameWidth));
    this.#setup = new ListrRow('');
    this.#draw([this.#setup, ...this.#rows.values()]);
    this.#everySecond = setInterval(() => this.#refreshAll(), 1000);
    this.#everySecond.unref();
  }

  #draw(rows: readonly { task(): RowTask }[]): void {
    const tasks = rows.map((row) => row.task());
    // One listr at a time: each takes the terminal over until its tasks are done.
    this.#drawing = this.#drawing.then(() => new Listr(tasks, listrOptions(this.#output)).run());
  }

  /** Before the plan it is a list of its own and stays on the screen; later a line that goes when it is done. */
  #showSetup(message: string, count: string, done: boolean): void {
    if (this.#setup === null) {
      this.#setup = new ListrRow('');
      this.#draw([this.#setup]);
    }
    const text = joinParts(oneLine(message), [{ text: oneLine(count), rank: 0 }], this.#widths().stage);
    this.#setup.show(done && this.#rows.size > 0 ? '' : text);
    this.#setup.begin();
  }

  /** Events may come by the thousand; a person sees ten pictures a second at best. */
  #refreshSoon(): void {
    this.#soon ??= setTimeout(() => {
      this.#soon = null;
      this.#refreshAll();
    }, REFRESH_MS);
  }

  #refreshAll(): void {
    for (const row of this.#rows.values()) row.refresh(this.#widths(), this.#now());
  }

  #now(): number {
    return performance.now() + this.#offset;
  }

  /** listr2 sets an icon and a space before a title, indents by two for each level and leaves two columns free. */
  #widths(): RowWidths {
    const columns = columnsOf(this.#output.stdout) - 4;
    return { stage: columns, instance: columns - 2 };
  }
}
