import { setTimeout as sleep } from 'node:timers/promises';
import { err, ok, type Result } from '../../pipeline/base/result.js';
import { unreachable } from '../../pipeline/base/unreachable.js';
import type { StageFailure } from '../../pipeline/contract/worker.js';
import type { BadAnswer, TweetAnswer } from './answer.js';
import { failures } from './failures.js';
import type { AnswerJournal } from './journal.js';
import { type Access, type FieldsName, Lane, type Outcome } from './x-api.js';

/** The most that one request may ask for. */
export const IDS_A_REQUEST = 100;

const MOST_ATTEMPTS = 8;
/** A page that is no answer is not made right by waiting long; a gateway that restarts shows one for a moment. */
const MOST_BAD_ANSWERS = 3;
const LONGEST_BACKOFF_SECONDS = 60;

export interface AskSettings {
  readonly access: Access;
  readonly inFlight: number;
  readonly backoffSeconds: number;
  readonly signal: AbortSignal;
  /** `phase` says what is waited for. */
  progress(done: number, total: number, phase: string): void;
}

interface Batch {
  readonly ids: readonly string[];
  readonly attempts: number;
  readonly badAnswers: number;
  /** Once unanswered, its tweets are asked for a second and last time. */
  readonly again: boolean;
}

/** Asks for every id, several requests at a time, and writes each answer down before it counts. */
export async function askAll(
  ids: readonly string[],
  journal: AnswerJournal,
  settings: AskSettings,
): Promise<Result<void, StageFailure>> {
  const asking = new Asking(ids, journal, settings);
  const lanes = Array.from({ length: settings.inFlight }, () => new Lane(settings.access));
  try {
    await Promise.all(lanes.map((lane) => asking.work(lane)));
  } finally {
    for (const lane of lanes) lane.close();
  }
  return asking.result();
}

class Asking {
  readonly #journal: AnswerJournal;
  readonly #settings: AskSettings;
  readonly #total: number;
  readonly #queue: Batch[] = [];
  #done = 0;
  #busy = 0;
  #fields: FieldsName = 'tweet.fields';
  #failure: StageFailure | undefined;
  /** Requests that X will still answer in this window; the first one finds it out. */
  #allowance = 1;
  /** Of `performance.now()`; nobody asks before. */
  #notBefore = 0;
  #waitsFor = '';
  #told = '';

  constructor(ids: readonly string[], journal: AnswerJournal, settings: AskSettings) {
    this.#journal = journal;
    this.#settings = settings;
    this.#total = ids.length;
    for (let start = 0; start < ids.length; start += IDS_A_REQUEST) {
      const part = ids.slice(start, start + IDS_A_REQUEST);
      this.#queue.push({ ids: part, attempts: 0, badAnswers: 0, again: false });
    }
  }

  result(): Result<void, StageFailure> {
    if (this.#failure !== undefined) return err(this.#failure);
    return this.#done < this.#total ? err(failures.aborted(this.#done, this.#total)) : ok(undefined);
  }

  async work(lane: Lane): Promise<void> {
    while (!this.#isOver()) {
      await this.#turn();
      if (this.#isOver()) return;
      // What others have asked for may be the last of the window, or come back.
      if (this.#busy > 0 && (this.#queue.length === 0 || this.#allowance <= 0)) {
        await sleep(20);
        continue;
      }
      const batch = this.#queue.shift();
      if (batch === undefined) return;
      this.#busy += 1;
      this.#allowance -= 1;
      this.#take(batch, await lane.ask(batch.ids, this.#fields));
      this.#busy -= 1;
    }
  }

  #isOver(): boolean {
    return this.#failure !== undefined || this.#settings.signal.aborted;
  }

  /** Waits until something may be asked, and counts the seconds down. */
  async #turn(): Promise<void> {
    for (;;) {
      const left = this.#notBefore - performance.now();
      if (left <= 0 || this.#isOver()) return;
      this.#tell(`${this.#waitsFor}: waiting ${clock(left / 1000)}`);
      await sleep(Math.min(left, 1000), undefined, { signal: this.#settings.signal }).catch(() => undefined);
    }
  }

  #take(batch: Batch, outcome: Outcome): void {
    switch (outcome.kind) {
      case 'answered':
        this.#keep(outcome.answers, outcome.limit);
        // This one is counted, those in flight perhaps not.
        this.#allowance = (outcome.remaining ?? Number.POSITIVE_INFINITY) - (this.#busy - 1);
        this.#pause(outcome.pauseSeconds, 'rate limit');
        this.#unanswered(batch, outcome.unanswered);
        break;
      case 'limited':
        this.#queue.unshift(batch);
        this.#pause(outcome.pauseSeconds, 'rate limit');
        break;
      case 'invalid-ids':
        this.#refused(batch, new Set(outcome.ids));
        break;
      case 'renamed':
        this.#fields = 'post.fields';
        this.#queue.unshift(batch);
        break;
      case 'try-again':
        this.#later(batch, outcome.problem, outcome.pauseSeconds);
        break;
      case 'bad-answer':
        this.#badAnswer(batch, outcome.bad);
        break;
      case 'stop':
        this.#stop(outcome.failure);
        break;
      default:
        unreachable(outcome);
    }
  }

  #badAnswer(batch: Batch, bad: BadAnswer): void {
    const badAnswers = batch.badAnswers + 1;
    if (badAnswers < MOST_BAD_ANSWERS) this.#later({ ...batch, badAnswers }, 'no answer of X', 0);
    else this.#stop(failures.badAnswer(this.#settings.access.host, bad));
  }

  /** Where it is not one id that is refused but all, which one it was is found by halves. */
  #refused(batch: Batch, invalid: ReadonlySet<string>): void {
    const { ids } = batch;
    const refused = ids.filter((id) => invalid.has(id));
    if (ids.length > 1 && (refused.length === 0 || refused.length === ids.length)) {
      const half = Math.ceil(ids.length / 2);
      this.#queue.unshift({ ...batch, ids: ids.slice(0, half) }, { ...batch, ids: ids.slice(half) });
      return;
    }
    const gone = ids.length === 1 ? ids : refused;
    this.#keep(new Map(gone.map((id) => [id, { missing: 'invalid-id' }])), undefined);
    const rest = ids.filter((id) => !gone.includes(id));
    if (rest.length > 0) this.#queue.unshift({ ...batch, ids: rest });
  }

  #keep(answers: ReadonlyMap<string, TweetAnswer>, limit: number | undefined): void {
    if (answers.size === 0) return;
    try {
      this.#journal.append(answers, limit);
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      this.#stop(failures.journal(this.#journal.path, problem));
      return;
    }
    this.#done += answers.size;
    this.#tell('asking X');
  }

  #unanswered(batch: Batch, ids: readonly string[]): void {
    if (ids.length === 0) return;
    if (!batch.again) this.#queue.push({ ids, attempts: 0, badAnswers: 0, again: true });
    else this.#keep(new Map(ids.map((id) => [id, { missing: 'not-answered' }])), undefined);
  }

  #later(batch: Batch, problem: string, pauseSeconds: number): void {
    const attempts = batch.attempts + 1;
    const { access, backoffSeconds } = this.#settings;
    if (attempts >= MOST_ATTEMPTS) {
      this.#stop(failures.unreachable(access.host, problem, attempts));
      return;
    }
    this.#queue.unshift({ ...batch, attempts });
    const backoff = Math.min(backoffSeconds * 2 ** batch.attempts, LONGEST_BACKOFF_SECONDS);
    this.#pause(Math.max(backoff, pauseSeconds), problem);
  }

  #pause(seconds: number, waitsFor: string): void {
    const until = performance.now() + seconds * 1000;
    if (seconds <= 0 || until <= this.#notBefore) return;
    this.#notBefore = until;
    this.#waitsFor = waitsFor;
  }

  /** The first reason stands. */
  #stop(failure: StageFailure): void {
    this.#failure ??= failure;
  }

  #tell(phase: string): void {
    const told = `${this.#done} ${phase}`;
    if (told === this.#told) return;
    this.#told = told;
    this.#settings.progress(this.#done, this.#total, phase);
  }
}

/** `14:59`; hours where there are any. */
function clock(seconds: number): string {
  const whole = Math.ceil(seconds);
  const two = (value: number): string => String(value).padStart(2, '0');
  const hours = Math.floor(whole / 3600);
  const rest = `${two(Math.floor((whole % 3600) / 60))}:${two(whole % 60)}`;
  return hours > 0 ? `${hours}:${rest}` : rest;
}
