import { existsSync, readFileSync, statSync } from 'node:fs';
import { comparisonSchema, type ReportExcerpt } from '../../stages/report/compare/schema.js';
import type { Digest } from '../base/canonical.js';
import { err, ok, type Result } from '../base/result.js';
import { nearest } from '../base/suggest.js';
import type { Artifact } from '../contract/store.js';
import { ContentStore } from '../store/content.js';
import { listRuns, readJournal } from '../store/journal.js';
import type { StoreLayout } from '../store/layout.js';
import { RecordStore } from '../store/records.js';

export interface FoundReport {
  /** As it was asked for. */
  readonly given: string;
  /** Null of a file. */
  readonly run: string | null;
  readonly report: ReportExcerpt;
  /** Asked for as the last one, though this newer run made none. */
  readonly passedOver?: string;
}

/** What is wrong with what was asked for, in words. */
export interface NoReport {
  readonly message: string;
  readonly hint: string;
}

/** Of a run: which file its report is, by content, so that later runs do not change it. */
type ReportOfRun = { readonly kind: 'found'; readonly path: string } | { readonly kind: 'none' | 'gone' };

const LAST = /^last(?:~(\d+))?$/;
const RUNS_SHOWN = 3;

/** Reports by what people call them: `last`, `last~1`, a run's id or the beginning of one, or a file. */
export class ReportFinder {
  readonly #layout: StoreLayout | null;
  readonly #records: RecordStore | null;
  readonly #content: ContentStore | null;

  /** @param layout null outside of a project, where files alone can be found */
  constructor(layout: StoreLayout | null) {
    this.#layout = layout;
    this.#records = layout === null ? null : new RecordStore(layout);
    this.#content = layout === null ? null : new ContentStore(layout);
  }

  find(given: string): Result<FoundReport, NoReport> {
    const last = LAST.exec(given);
    if (last !== null) return this.#last(given, Number(last[1] ?? 0));
    if (existsSync(given) && statSync(given).isFile()) return parsed(given, null, given);
    return this.#run(given);
  }

  /** Runs without a report are passed over: `last` is about reports. */
  #last(given: string, back: number): Result<FoundReport, NoReport> {
    let left = back;
    let passedOver: string | undefined;
    for (const run of [...this.#runs()].reverse()) {
      const report = this.#reportOf(run);
      if (report.kind === 'none') {
        passedOver ??= run;
        continue;
      }
      if (left === 0) {
        const read = this.#read(given, run, report);
        return read.ok && passedOver !== undefined ? ok({ ...read.value, passedOver }) : read;
      }
      left -= 1;
    }
    const had = back - left;
    return err(
      had === 0
        ? {
            message: `there is no run with a report, so no ${given}`,
            hint: 'make one with: pipeline run report',
          }
        : {
            message: `there is no ${given}: ${had} ${had === 1 ? 'run has' : 'runs have'} a report`,
            hint: HISTORY,
          },
    );
  }

  #run(given: string): Result<FoundReport, NoReport> {
    const runs = this.#runs();
    const [run, ...others] = runs.includes(given) ? [given] : runs.filter((id) => id.startsWith(given));
    if (run === undefined) {
      const near = nearest(given, runs);
      const known = runs.slice(-RUNS_SHOWN).reverse().join(', ');
      return err({
        message: `${given} is neither a run nor a file`,
        hint:
          near !== undefined
            ? `did you mean ${near}? ${HISTORY}`
            : known === ''
              ? 'there are no runs here yet; name two files, or make a report with: pipeline run report'
              : `the last runs: ${known}; ${HISTORY}`,
      });
    }
    if (others.length > 0)
      return err({
        message: `${given} is the beginning of ${others.length + 1} runs`,
        hint: `write more of it: ${[run, ...others].slice(-RUNS_SHOWN).join(', ')}`,
      });
    return this.#read(given, run, this.#reportOf(run));
  }

  #read(given: string, run: string, report: ReportOfRun): Result<FoundReport, NoReport> {
    if (report.kind === 'found') return parsed(given, run, report.path);
    return err(
      report.kind === 'gone'
        ? {
            message: `the report of run ${run} is no longer in the store`,
            hint: 'gc removes what no last result is; keep one with: pipeline report --baseline-out FILE',
          }
        : {
            message: `run ${run} made no report: it did not get so far, or report was not asked for`,
            hint: `name another run, or make one with: pipeline run report; ${HISTORY}`,
          },
    );
  }

  #runs(): readonly string[] {
    return this.#layout === null ? [] : listRuns(this.#layout);
  }

  #reportOf(run: string): ReportOfRun {
    if (this.#layout === null || this.#records === null || this.#content === null) return { kind: 'none' };
    let kind: 'none' | 'gone' = 'none';
    for (const event of readJournal(this.#layout, run)) {
      if (event.type !== 'instance-finished' || event.outcome.key === undefined) continue;
      const record = this.#records.read(event.outcome.key as Digest);
      // Without its record a key does not say what it made; the name of the stage is the next best.
      if (record === null && event.instance.split('@', 1)[0] === 'report') kind = 'gone';
      const artifact = Object.values(record?.outputs ?? {}).find((output) => output.artifact === 'report');
      if (artifact === undefined) continue;
      const path = this.#pathIn(this.#layout, this.#content, artifact);
      if (path !== null) return { kind: 'found', path };
      kind = 'gone';
    }
    return { kind };
  }

  #pathIn(layout: StoreLayout, content: ContentStore, artifact: Artifact): string | null {
    const file = content.files(artifact)?.find(({ path }) => path === 'report.json');
    return file !== undefined && content.hasBlob(file.digest, file.size) ? layout.blob(file.digest) : null;
  }
}

const HISTORY = 'pipeline status --runs lists all';

function parsed(given: string, run: string | null, path: string): Result<FoundReport, NoReport> {
  const json = jsonOf(path);
  const what = run === null ? given : `the report of run ${run}`;
  if (json === null) return err({ message: `${what} is no report: it cannot be read as JSON`, hint: FORMS });
  const { schema, results } = json as { readonly schema?: unknown; readonly results?: unknown };
  if (typeof schema !== 'number' || !Array.isArray(results))
    return err({ message: `${what} is no report: it has no \`schema\` and no \`results\``, hint: FORMS });
  if (schema !== 1)
    return err({
      message: `${what} is of another release: its \`schema\` is ${schema}, and this one knows 1`,
      hint: 'compare with the release that made it, or make it anew with: pipeline run report --from report',
    });
  const read = comparisonSchema.safeParse(json);
  if (read.success) return ok({ given, run, report: read.data });
  const [issue] = read.error.issues;
  return err({
    message: `${what} is not of the form of this release: ${issue?.path.map(String).join('.') ?? ''}: ${issue?.message ?? ''}`,
    hint: 'make it anew with: pipeline run report --from report',
  });
}

const FORMS = 'give a run, a report.json, or what pipeline report --baseline-out wrote';

function jsonOf(path: string): object | null {
  try {
    const json: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return typeof json === 'object' ? json : null;
  } catch {
    return null;
  }
}
