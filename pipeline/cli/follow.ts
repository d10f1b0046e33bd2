import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Event } from '../contract/event.js';
import type { StoreLayout } from '../store/layout.js';
import { LogTail, offsetOfLastLines } from '../store/log-tail.js';
import { runHolder } from '../store/runs.js';
import { duration } from '../ui/format.js';
import type { LogPrinter } from '../ui/log-lines.js';
import { chosenInstances, messageText } from './attempts.js';

const POLL_MILLISECONDS = 150;

export interface FollowOptions {
  readonly root: string;
  readonly layout: StoreLayout;
  readonly selectors: readonly string[];
  /** Of a log that is there already: how many of its last lines; all when absent. */
  readonly lines?: number;
  readonly printer: LogPrinter;
  /** For people, beside the logs. */
  note(text: string): void;
}

/** Follows one run that goes on, in any process, through its journal and logs alone. */
export class RunFollower {
  readonly #run: string;
  readonly #options: FollowOptions;
  readonly #journal: LogTail;
  readonly #open = new Map<string, LogTail>();
  /** Ids that were asked for; null as long as the run has not said what it plans. */
  #chosen: ReadonlySet<string> | null = null;
  readonly #left = new Set<string>();
  #ended = false;
  #caughtUp = false;

  constructor(run: string, options: FollowOptions) {
    this.#run = run;
    this.#options = options;
    this.#journal = new LogTail(join(options.layout.runs, run, 'events.jsonl'));
  }

  /** Resolves when what was asked for has ended; false when this run has nothing of it. */
  async follow(): Promise<boolean> {
    while (!this.#ended) {
      // Looked at before the journal is read, so that what a killed engine wrote last is not missed.
      const live = runHolder(this.#options.layout, this.#run) !== null;
      await this.#readJournal();
      for (const [instance, tail] of this.#open) await this.#copy(instance, tail);
      if (this.#chosen?.size === 0) return false;
      if (!this.#caughtUp && this.#chosen !== null) this.#sayWhatWaits();
      if (this.#chosen !== null && this.#left.size === 0) break;
      if (!live && !this.#ended) {
        this.#options.note(`run ${this.#run} was killed; what its workers wrote is above`);
        break;
      }
      if (!this.#ended) await sleep(POLL_MILLISECONDS);
    }
    for (const [instance, tail] of this.#open)
      await this.#options.printer.lines(this.#run, instance, tail.end());
    return true;
  }

  async #readJournal(): Promise<void> {
    for (let lines = this.#journal.read(); lines.length > 0; lines = this.#journal.read()) {
      for (const line of lines) {
        if (line === '') continue;
        let event: Event;
        try {
          event = JSON.parse(line) as Event;
        } catch {
          // Torn by a crash.
          continue;
        }
        await this.#handle(event);
      }
    }
  }

  async #handle(event: Event): Promise<void> {
    const { root, printer, note, selectors } = this.#options;
    if (event.type === 'run-started') {
      const chosen = chosenInstances(event.plan, selectors.length === 0 ? ['all'] : selectors);
      this.#chosen = chosen.ok ? chosen.value : new Set();
      for (const id of this.#chosen) this.#left.add(id);
    } else if (event.type === 'run-finished') this.#ended = true;
    if (!('instance' in event) || event.instance === undefined || !this.#left.has(event.instance)) return;
    const { instance } = event;
    if (event.type === 'instance-started') {
      await this.#begin(instance, join(root, event.log));
    } else if (event.type === 'instance-log') {
      await printer.lines(this.#run, instance, [messageText(event.message)]);
    } else if (event.type === 'instance-finished') {
      this.#left.delete(instance);
      const tail = this.#open.get(instance);
      if (tail !== undefined) await printer.lines(this.#run, instance, tail.end());
      this.#open.delete(instance);
      const { status, seconds } = event.outcome;
      if (selectors.length > 0 || tail !== undefined)
        note(`${instance} ${status}${tail === undefined ? '' : ` after ${duration(seconds)}`}`);
    }
  }

  /** A further attempt goes on in the same log, which was written anew between them where it held a secret. */
  async #begin(instance: string, path: string): Promise<void> {
    const before = this.#open.get(instance);
    if (before !== undefined) {
      await this.#options.printer.lines(this.#run, instance, before.reopen());
      return;
    }
    const { lines } = this.#options;
    const from = lines === undefined || !existsSync(path) ? 0 : offsetOfLastLines(path, lines);
    this.#open.set(instance, new LogTail(path, from));
  }

  async #copy(instance: string, tail: LogTail): Promise<void> {
    for (let lines = tail.read(); lines.length > 0; lines = tail.read()) {
      await this.#options.printer.lines(this.#run, instance, lines);
    }
  }

  #sayWhatWaits(): void {
    this.#caughtUp = true;
    const waiting = [...this.#left].filter((id) => !this.#open.has(id));
    if (this.#options.selectors.length === 0 || waiting.length === 0) return;
    const names = waiting.length > 3 ? `${waiting.length} instances` : waiting.join(', ');
    this.#options.note(
      `${names} ${waiting.length === 1 ? 'has' : 'have'} not started yet; waiting (run ${this.#run})`,
    );
  }
}
