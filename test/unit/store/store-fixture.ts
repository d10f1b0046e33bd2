import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Digest, digestOf } from '../../../pipeline/base/canonical.js';
import type { Event, EventBody, Outcome } from '../../../pipeline/contract/event.js';
import type { Artifact, RunRecord } from '../../../pipeline/contract/store.js';
import { ContentStore } from '../../../pipeline/store/content.js';
import { Journal } from '../../../pipeline/store/journal.js';
import { storeLayout } from '../../../pipeline/store/layout.js';
import { OutputFolders } from '../../../pipeline/store/outputs.js';
import { RecordStore } from '../../../pipeline/store/records.js';
import { StatCache } from '../../../pipeline/store/stat-cache.js';

export const DAY = 86_400_000;

/** A store on disk with results that no worker made, each of the age that a test wants. */
export class StoreFixture {
  readonly root = mkdtempSync(join(tmpdir(), 'edgeline-store-'));
  readonly layout = storeLayout(join(this.root, 'artifacts'));
  readonly content = new ContentStore(this.layout);
  readonly records = new RecordStore(this.layout);
  readonly stats = new StatCache(this.layout.statCache);
  readonly outputs = new OutputFolders(this.content, this.stats, this.layout);
  readonly now = Date.now();

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }

  /** Stores and shows a result with the files of a tree and, where there is a text of that name, a file `table`. */
  async result(
    instance: string,
    files: Readonly<Record<string, string>>,
    { daysAgo = 0, key = `${instance}: ${JSON.stringify(files)}` } = {},
  ): Promise<RunRecord> {
    const scratch = join(this.layout.scratch, 'made');
    const outputs: Record<string, Artifact> = {};
    for (const [path, text] of Object.entries(files)) {
      const absolute = join(scratch, path === 'table' ? 'table' : join('model', path));
      mkdirSync(dirname(absolute), { recursive: true });
      writeFileSync(absolute, text);
    }
    for (const kind of ['file', 'tree'] as const) {
      const name = kind === 'file' ? 'table' : 'model';
      const taken = await this.content.ingest(scratch, { name, artifact: name, path: name, kind });
      if (taken.ok) outputs[name] = taken.value;
    }
    rmSync(scratch, { recursive: true, force: true });
    const [stage = ''] = instance.split('@');
    const record: RunRecord = {
      schema: 1,
      key: digestOf(key),
      instance,
      document: {
        schema: 1,
        stage,
        version: 1,
        coordinates: {},
        options: {},
        inputs: [],
        external: {},
        code: {},
        environment: {},
        outputs: Object.keys(outputs),
      },
      outputs,
      summary: {},
      started_at: new Date(this.now - daysAgo * DAY).toISOString(),
      wall_seconds: 1,
      host: 'here',
      run: 'r',
    };
    this.outputs.show(record, this.layout.outputs(stage, { of: instance }));
    await this.records.write(record);
    this.age(this.layout.action(record.key), daysAgo);
    return record;
  }

  age(path: string, days: number): void {
    const time = new Date(this.now - days * DAY);
    utimesSync(path, time, time);
  }

  /** The journal of a run that came to these results. */
  async run(
    id: string,
    results: readonly RunRecord[],
    { daysAgo = 0, profile = ['p'], status = 'succeeded' as 'succeeded' | 'failed' | 'aborted' | null } = {},
  ): Promise<void> {
    const journal = new Journal(this.layout, id);
    const add = (body: EventBody): void =>
      journal.handle({ ...body, time: this.now - daysAgo * DAY } as Event);
    add({ type: 'run-started', run: id, study: 's', profile, argv: ['run', 'all'], plan: [] });
    for (const { instance, key } of results) {
      const outcome: Outcome = { status: 'ran', key, seconds: 1, summary: {} };
      add({ type: 'instance-finished', instance, outcome });
    }
    const counts = { ran: results.length, reused: 0, restored: 0, failed: 0, skipped: 0 };
    if (status !== null) add({ type: 'run-finished', run: id, status, counts, seconds: 1 });
    await journal.close();
    this.age(join(this.layout.runs, id), daysAgo);
  }

  blobOf(record: RunRecord, output: string): string {
    const artifact = record.outputs[output];
    if (artifact === undefined) throw new Error(`no output ${output}`);
    return artifact.kind === 'file' ? this.layout.blob(artifact.digest) : this.layout.tree(artifact.digest);
  }

  static keys(records: readonly RunRecord[]): readonly Digest[] {
    return records.map(({ key }) => key).sort();
  }
}
