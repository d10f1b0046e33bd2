import { setTimeout as sleep } from 'node:timers/promises';
import { err, ok, type Result } from '../base/result.js';
import { type JobId, type QueuedJob, queue, submit } from './slurm-commands.js';

interface Submission {
  readonly key: string;
  readonly folder: string;
  readonly resources: readonly string[];
  /** Called before anything is submitted, so that no moment is left in which the job cannot be found. */
  readonly onName: (name: string, element: number | null) => void;
  readonly done: (id: Result<JobId, string>) => void;
}

/** Work that becomes ready together comes within this time, and goes out as one array. */
const GATHER_MILLISECONDS = 200;
/** One question serves all attempts; the end of an attempt is seen in its folder, which asks nobody. */
const LOOK_MILLISECONDS = 2_000;

/** Submits attempts, several at a time where they are alike, and knows which of them wait or run. */
export class SlurmQueue {
  #gathered: Submission[] = [];
  #look: { readonly at: number; readonly jobs: Promise<Result<readonly QueuedJob[], string>> } | undefined;

  submit(submission: Omit<Submission, 'done'>): Promise<Result<JobId, string>> {
    return new Promise((done) => {
      this.#gathered.push({ ...submission, done });
      if (this.#gathered.length === 1) void this.#flush();
    });
  }

  /** The jobs that wait or run, of a look that is at most two seconds old, or of one that begins now. */
  jobs(fresh = false): Promise<Result<readonly QueuedJob[], string>> {
    const now = performance.now();
    if (fresh || this.#look === undefined || now - this.#look.at > LOOK_MILLISECONDS)
      this.#look = { at: now, jobs: queue() };
    return this.#look.jobs;
  }

  async #flush(): Promise<void> {
    await sleep(GATHER_MILLISECONDS);
    const gathered = this.#gathered;
    this.#gathered = [];
    const groups = new Map<string, Submission[]>();
    for (const submission of gathered) {
      const alike = JSON.stringify(submission.resources);
      groups.set(alike, [...(groups.get(alike) ?? []), submission]);
    }
    await Promise.all([...groups.values()].map((group) => this.#send(group)));
  }

  async #send(group: readonly Submission[]): Promise<void> {
    const [first] = group;
    if (first === undefined) return;
    const name = `edgeline-${first.key.slice(0, 16)}`;
    const array = group.length > 1;
    for (const [index, { onName }] of group.entries()) onName(name, array ? index : null);
    const id = await submit(
      name,
      group.map(({ folder }) => folder),
      first.resources,
    );
    for (const [index, { done }] of group.entries())
      done(id.ok ? ok(array ? `${id.value}_${index}` : id.value) : err(id.error));
  }
}

/** Which of the jobs an earlier engine submitted under this name; it may have died before it was told the number. */
export function findJob(
  jobs: readonly QueuedJob[],
  name: string,
  element: number | null,
): QueuedJob | undefined {
  return jobs.find((job) => {
    if (job.name !== name) return false;
    return element === null ? !job.id.includes('_') : job.id.endsWith(`_${element}`);
  });
}
