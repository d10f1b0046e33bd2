import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { digestOf } from '../../../pipeline/base/canonical.js';
import type { OutputDefinition } from '../../../pipeline/contract/stage.js';
import type { Artifact, RunRecord } from '../../../pipeline/contract/store.js';
import { ContentStore } from '../../../pipeline/store/content.js';
import { type StoreLayout, storeLayout } from '../../../pipeline/store/layout.js';
import { OutputFolders } from '../../../pipeline/store/outputs.js';
import { RecordStore } from '../../../pipeline/store/records.js';
import { StatCache } from '../../../pipeline/store/stat-cache.js';

const fileOutput: OutputDefinition = { name: 'table', artifact: 'table', path: 'table.txt', kind: 'file' };
const treeOutput: OutputDefinition = { name: 'model', artifact: 'model', path: 'model', kind: 'tree' };

let root = '';
let layout: StoreLayout;
let content: ContentStore;
let outputs: OutputFolders;
let folder = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'edgeline-store-'));
  layout = storeLayout(join(root, 'artifacts'));
  content = new ContentStore(layout);
  outputs = new OutputFolders(content, new StatCache(layout.statCache), layout);
  folder = layout.outputs('stage', { seed: 1 });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(path: string, text: string): void {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, text);
}

async function record(text = 'content'): Promise<RunRecord> {
  const scratch = join(layout.scratch, 'out');
  write(join(scratch, 'table.txt'), text);
  write(join(scratch, 'model', 'a b', 'ü.bin'), 'weights');
  write(join(scratch, 'model', 'spec.json'), '{}');
  const taken: Record<string, Artifact> = {};
  for (const output of [fileOutput, treeOutput]) {
    const artifact = await content.ingest(scratch, output);
    if (!artifact.ok) throw new Error(artifact.error.problem);
    taken[output.name] = artifact.value;
  }
  const made: RunRecord = {
    schema: 1,
    key: digestOf(`key of ${text}`),
    instance: 'stage@seed=1',
    document: {
      schema: 1,
      stage: 'stage',
      version: 1,
      coordinates: {},
      options: {},
      inputs: [],
      external: {},
      code: {},
      environment: {},
      outputs: [],
    },
    outputs: taken,
    summary: {},
    started_at: '',
    wall_seconds: 0,
    host: '',
    run: '',
  };
  outputs.show(made, folder);
  return made;
}

describe('outputs of a record', () => {
  test('are present after they were shown, with their content', async () => {
    const made = await record();
    expect(outputs.presence(made, folder)).toEqual({ state: 'present' });
    expect(readFileSync(join(folder, 'model', 'a b', 'ü.bin'), 'utf8')).toBe('weights');
  });

  test('a deleted file is restored from the store', async () => {
    const made = await record();
    rmSync(join(folder, 'table.txt'));
    expect(outputs.presence(made, folder)).toEqual({
      state: 'restorable',
      reasons: [{ kind: 'output-missing', path: 'table.txt' }],
    });
    outputs.restore(made, folder);
    expect(readFileSync(join(folder, 'table.txt'), 'utf8')).toBe('content');
    expect(outputs.presence(made, folder)).toEqual({ state: 'present' });
  });

  test('a file that somebody changed, even to the same size and time, is seen and replaced', async () => {
    const made = await record();
    const path = join(folder, 'table.txt');
    writeFileSync(path, 'CONTENT');
    const past = new Date(Date.now() - 10_000);
    utimesSync(path, past, past);
    expect(outputs.presence(made, folder)).toEqual({
      state: 'restorable',
      reasons: [{ kind: 'output-modified', path: 'table.txt' }],
    });
    outputs.restore(made, folder);
    expect(readFileSync(path, 'utf8')).toBe('content');
  });

  test('a file too many in a tree is seen, and gone after the restore', async () => {
    const made = await record();
    write(join(folder, 'model', 'leftover'), 'x');
    expect(outputs.presence(made, folder).state).toBe('restorable');
    outputs.restore(made, folder);
    expect(existsSync(join(folder, 'model', 'leftover'))).toBe(false);
  });

  test('a lost blob is made again from the shown copy', async () => {
    const made = await record();
    const artifact = made.outputs.table;
    if (artifact === undefined) throw new Error('no table');
    rmSync(layout.blob(artifact.digest));
    expect(outputs.presence(made, folder)).toEqual({
      state: 'restorable',
      reasons: [{ kind: 'blob-missing', output: 'table' }],
    });
    outputs.restore(made, folder);
    expect(readFileSync(layout.blob(artifact.digest), 'utf8')).toBe('content');
  });

  test('when both copies are gone the outputs are missing', async () => {
    const made = await record();
    const artifact = made.outputs.table;
    if (artifact === undefined) throw new Error('no table');
    rmSync(layout.blob(artifact.digest));
    rmSync(join(folder, 'table.txt'));
    expect(outputs.presence(made, folder).state).toBe('missing');
  });

  test('a truncated blob does not count', async () => {
    const made = await record();
    const artifact = made.outputs.table;
    if (artifact === undefined) throw new Error('no table');
    const blob = layout.blob(artifact.digest);
    rmSync(blob);
    writeFileSync(blob, 'cont');
    expect(outputs.presence(made, folder)).toEqual({
      state: 'restorable',
      reasons: [{ kind: 'blob-missing', output: 'table' }],
    });
  });

  test('stored content that rotted is put aside when it is needed, never shown', async () => {
    const made = await record();
    const artifact = made.outputs.table;
    if (artifact === undefined) throw new Error('no table');
    const blob = layout.blob(artifact.digest);
    rmSync(blob);
    writeFileSync(blob, 'cOntent');
    rmSync(join(folder, 'table.txt'));
    expect(outputs.presence(made, folder).state).toBe('restorable');
    expect(outputs.restore(made, folder)).toBe(false);
    expect(existsSync(layout.quarantine(artifact.digest))).toBe(true);
    expect(outputs.presence(made, folder).state).toBe('missing');
  });

  test('a removed link is a missing output, and made again without copying', async () => {
    const made = await record();
    rmSync(folder);
    expect(outputs.presence(made, folder)).toEqual({
      state: 'restorable',
      reasons: [{ kind: 'output-missing', path: 'out/stage/seed=1' }],
    });
    expect(outputs.restore(made, folder)).toBe(true);
    expect(readFileSync(join(folder, 'table.txt'), 'utf8')).toBe('content');
  });

  test('a folder in the place of the link is replaced by it', async () => {
    const made = await record();
    rmSync(folder);
    write(join(folder, 'table.txt'), 'mine');
    expect(outputs.presence(made, folder).state).toBe('restorable');
    outputs.restore(made, folder);
    expect(readFileSync(join(folder, 'table.txt'), 'utf8')).toBe('content');
  });

  test('the view of an earlier key stays until it is dropped as superseded', async () => {
    const before = await record('one');
    await record('two');
    expect(existsSync(layout.view(before.key))).toBe(true);
    outputs.dropSuperseded();
    expect(existsSync(layout.view(before.key))).toBe(false);
    expect(readFileSync(join(folder, 'table.txt'), 'utf8')).toBe('two');
    expect(outputs.restore(before, folder)).toBe(true);
    expect(readFileSync(join(folder, 'table.txt'), 'utf8')).toBe('one');
  });

  test('showing another record replaces the folder as a whole', async () => {
    const before = await record('one');
    const after = await record('two');
    expect(outputs.presence(before, folder).state).toBe('restorable');
    expect(outputs.presence(after, folder).state).toBe('present');
    expect(readFileSync(join(folder, 'table.txt'), 'utf8')).toBe('two');
  });

  test('equal trees have equal digests whatever the order in which they were written', async () => {
    const first = await record();
    const scratch = join(layout.scratch, 'again');
    write(join(scratch, 'model', 'spec.json'), '{}');
    write(join(scratch, 'model', 'a b', 'ü.bin'), 'weights');
    const second = await content.ingest(scratch, treeOutput);
    expect(second.ok && second.value.digest).toBe(first.outputs.model?.digest);
  });

  test.each([
    ['nothing there', () => undefined, 'it is not there'],
    [
      'a folder for a file',
      (path: string) => mkdirSync(path, { recursive: true }),
      'it is not a regular file',
    ],
  ])('%s is a problem that names the output', async (_, make, problem) => {
    make(join(layout.scratch, 'bad', 'table.txt'));
    expect(await content.ingest(join(layout.scratch, 'bad'), fileOutput)).toEqual({
      ok: false,
      error: { output: 'table', path: 'table.txt', problem },
    });
  });

  test('a link in a tree is refused: it may lead out of it', async () => {
    const scratch = join(layout.scratch, 'linked');
    mkdirSync(join(scratch, 'model'), { recursive: true });
    symlinkSync('/etc/hostname', join(scratch, 'model', 'link'));
    const taken = await content.ingest(scratch, treeOutput);
    expect(taken.ok).toBe(false);
  });
});

describe('RecordStore', () => {
  test('a record is found by key and by instance, also by a new process', async () => {
    const made = await record();
    await new RecordStore(layout).write(made);
    const fresh = new RecordStore(layout);
    expect(fresh.read(made.key)).toEqual(made);
    expect(fresh.last('stage@seed=1')).toEqual(made);
    expect(fresh.last('stage@seed=2')).toBeNull();
  });

  test('a truncated record is no record, a torn index line is skipped', async () => {
    const made = await record();
    const store = new RecordStore(layout);
    await store.write(made);
    appendFileSync(layout.instanceIndex, '{"instance":"stage@see');
    expect(new RecordStore(layout).last('stage@seed=1')?.key).toBe(made.key);
    const other = { ...made, key: digestOf('other'), instance: 'stage@seed=3' };
    await new RecordStore(layout).write(other);
    expect(new RecordStore(layout).last('stage@seed=3')?.key).toBe(other.key);
    writeFileSync(layout.action(made.key), JSON.stringify(made).slice(0, 50));
    expect(new RecordStore(layout).read(made.key)).toBeNull();
  });
});
