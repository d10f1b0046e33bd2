import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  type StandInOptions,
  type StandInTweet,
  XApiStandIn,
} from '../../../../pipeline/bench/x-api-stand-in.js';
import type { StageFailure } from '../../../../pipeline/contract/worker.js';
import { definition } from '../../../../stages/hydrate/definition.js';
import { journalPath } from '../../../../stages/hydrate/journal.js';
import { run } from '../../../../stages/hydrate/worker.js';
import { resolveContext } from '../resolve-context.js';
import { stageContext, type TestStage, temporaryFolder } from '../stage-context.js';

export const TOKEN = 'AAAAAAAAAAAAAAAAAAAAAMLheAAAAAAA0';

export interface TestRow {
  readonly id: string;
  readonly text?: string | null;
  readonly language?: string;
  readonly filtering?: string;
  readonly polarity?: string;
  readonly entity?: string;
}

/** Ids that a double cannot hold. */
export function idsOf(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => (187281022927384577n + BigInt(index) * 7n).toString());
}

export function textOf(id: string): StandInTweet {
  return { text: `text of ${id}` };
}

/** A stand-in and all that asks it: one cache, so one journal, for as many runs as a test makes. */
export class HydrateRig implements AsyncDisposable {
  readonly standIn: XApiStandIn;
  readonly folder = temporaryFolder();
  readonly #rows: string;
  readonly #authority: string;

  private constructor(standIn: XApiStandIn, rows: readonly TestRow[]) {
    this.standIn = standIn;
    this.#rows = join(this.folder, 'rows.jsonl');
    this.#authority = join(this.folder, 'authority.pem');
    writeFileSync(this.#authority, standIn.certificate);
    writeFileSync(this.#rows, rows.map((row) => `${JSON.stringify(whole(row))}\n`).join(''));
  }

  static async create(rows: readonly TestRow[], options: Partial<StandInOptions> = {}): Promise<HydrateRig> {
    return new HydrateRig(await XApiStandIn.start({ token: TOKEN, tweet: textOf, ...options }), rows);
  }

  get journal(): string {
    return journalPath(join(this.folder, 'cache'), this.standIn.host);
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  writeJournal(text: string): void {
    mkdirSync(dirname(this.journal), { recursive: true });
    writeFileSync(this.journal, text);
  }

  /** One run of the worker. `environment` is laid over a right one; an empty variable counts as none. */
  async run(
    given: Readonly<Record<string, string | number>> = {},
    {
      consent = true,
      environment = {},
      fetched,
      signal,
    }: {
      readonly consent?: boolean;
      readonly environment?: Readonly<Record<string, string>>;
      /** Path of fetch's card. */
      readonly fetched?: string;
      readonly signal?: AbortSignal;
    } = {},
  ): Promise<HydrateRun> {
    const resolved = definition.resolve(
      { host: this.standIn.host, backoff_seconds: 0.01, ...given },
      resolveContext({}),
    );
    if ('blocked' in resolved) throw new Error(resolved.blocked);
    const stage = stageContext(definition, {
      options: resolved.options,
      inputs: { rows: this.#rows, ...(fetched === undefined ? {} : { fetched }) },
      ...(signal === undefined ? {} : { signal }),
    });
    const job = {
      ...stage.context.job,
      ...(resolved.settings === undefined ? {} : { settings: resolved.settings }),
      ...(consent ? { consent } : {}),
      cache_dir: join(this.folder, 'cache'),
    };
    const phases: string[] = [];
    const context = {
      ...stage.context,
      job,
      progress: (_done: number, _total: number | undefined, _unit: string, phase = '') => phases.push(phase),
    };
    const before = { ...process.env };
    Object.assign(process.env, { X_BEARER_TOKEN: TOKEN, SSL_CERT_FILE: this.#authority, ...environment });
    try {
      const result = await run(context);
      return new HydrateRun(stage, result.ok ? undefined : result.error, phases);
    } finally {
      process.env = before;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.standIn[Symbol.asyncDispose]();
  }
}

export class HydrateRun {
  readonly stage: TestStage;
  readonly failure: StageFailure | undefined;
  readonly phases: readonly string[];

  constructor(stage: TestStage, failure: StageFailure | undefined, phases: readonly string[]) {
    this.stage = stage;
    this.failure = failure;
    this.phases = phases;
  }

  rows(): readonly { readonly id: string; readonly text: string | null }[] {
    return this.text('rows')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
  }

  /** By id. */
  texts(): Readonly<Record<string, string | null>> {
    return Object.fromEntries(this.rows().map(({ id, text }) => [id, text]));
  }

  card(): Record<string, unknown> {
    return JSON.parse(this.text('card'));
  }

  text(output: string): string {
    return readFileSync(this.stage.outputs[output] ?? '', 'utf8');
  }
}

function whole({
  id,
  text = null,
  language = 'EN',
  filtering = 'RELATED',
  polarity = 'POSITIVE',
  entity = 'E1',
}: TestRow): object {
  return {
    domain: 'automotive',
    entity,
    entity_name: 'Quorvane',
    filtering,
    id,
    language,
    near_duplicate_of: null,
    polarity,
    split: 'training',
    text,
  };
}
