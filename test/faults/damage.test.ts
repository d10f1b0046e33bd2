import { appendFileSync, chmodSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { PipelineRig, type RunResult } from '../rig/pipeline-rig.js';
import { runsOf } from './crash-phase.js';
import { sha256 } from './matrix-study.js';
import { filesBelow } from './store-check.js';

const CONTENT = 'some content\n'.repeat(1000);
const STUDY = `version: 1
name: damage
stages:
  single:
    uses: command
    with: { run: 'cat {files.input} > {outputs.text}', files: { input: input.txt }, outputs: { text: text.txt } }
  folder:
    uses: command
    from: single
    with: { run: 'mkdir -p {outputs.parts}/inner; cat {inputs.single} > {outputs.parts}/inner/text.txt; echo x > {outputs.parts}/x.txt', outputs: { parts: parts/ } }
`;

async function doneRig(): Promise<PipelineRig> {
  const rig = await PipelineRig.create({ pipeline: STUDY, files: { 'input.txt': CONTENT } });
  const result = await rig.run(['run', 'all']);
  expect(result.exitCode, result.stderr).toBe(0);
  return rig;
}

const blobOf = (rig: PipelineRig, content: string) => {
  const hex = sha256(content);
  return rig.path('artifacts/store/v1/blobs', hex.slice(0, 2), hex);
};

function removeShown(rig: PipelineRig): void {
  for (const folder of ['out', 'views'])
    rmSync(rig.path('artifacts', folder), { recursive: true, force: true });
}

function flipByte(path: string): void {
  const bytes = readFileSync(path);
  bytes[100] = (bytes[100] ?? 0) ^ 1;
  chmodSync(path, 0o644);
  writeFileSync(path, bytes);
}

async function expectMended(rig: PipelineRig): Promise<RunResult> {
  const result = await rig.run(['run', 'all', '--json']);
  expect(result.exitCode, result.stdout + result.stderr).toBe(0);
  expect(rig.read('artifacts/out/single/text.txt')).toBe(CONTENT);
  expect(rig.read('artifacts/out/folder/parts/inner/text.txt')).toBe(CONTENT);
  expect(rig.read('artifacts/out/folder/parts/x.txt')).toBe('x\n');
  expect(filesBelow(rig.path('artifacts/out/folder/')).length).toBe(2);
  for (const blob of filesBelow(rig.path('artifacts/store/v1/blobs'))) {
    expect(blob.endsWith(sha256(readFileSync(blob)))).toBe(true);
  }
  const plan = await rig.run(['plan', 'all', '--check']);
  expect(plan.exitCode, plan.stdout).toBe(0);
  return result;
}

it('a blob with a flipped bit is never served: what made it runs again', async () => {
  await using rig = await doneRig();
  flipByte(blobOf(rig, CONTENT));
  removeShown(rig);
  const result = await expectMended(rig);
  const statuses = result
    .events()
    .flatMap((event) => (event.type === 'instance-finished' ? [[event.instance, event.outcome.status]] : []));
  expect(statuses).toContainEqual(['single', 'ran']);
});

it('a blob that was cut short is mended from the outputs folder', async () => {
  await using rig = await doneRig();
  const blob = blobOf(rig, CONTENT);
  chmodSync(blob, 0o644);
  truncateSync(blob, 10);
  const plan = await rig.run(['plan', 'all']);
  expect(plan.stdout).toMatch(/text is no longer in the store/);
  await expectMended(rig);
});

it.each([
  ['a blob that is gone', (rig: PipelineRig) => rmSync(blobOf(rig, CONTENT))],
  [
    'a manifest that was cut short',
    (rig: PipelineRig) => {
      for (const path of filesBelow(rig.path('artifacts/store/v1/trees'))) truncateSync(path, 20);
    },
  ],
  [
    'a manifest that is gone',
    (rig: PipelineRig) => rmSync(rig.path('artifacts/store/v1/trees'), { recursive: true }),
  ],
  [
    'a record that was cut short',
    (rig: PipelineRig) => {
      for (const path of filesBelow(rig.path('artifacts/store/v1/actions'))) {
        truncateSync(path, Math.floor(readFileSync(path).length / 2));
      }
    },
  ],
  [
    'a record that is empty',
    (rig: PipelineRig) => {
      for (const path of filesBelow(rig.path('artifacts/store/v1/actions'))) writeFileSync(path, '');
    },
  ],
  [
    'a record that is JSON and no record',
    (rig: PipelineRig) => {
      for (const path of filesBelow(rig.path('artifacts/store/v1/actions'))) writeFileSync(path, '[]\n');
    },
  ],
  [
    'a record of another key',
    (rig: PipelineRig) => {
      const paths = filesBelow(rig.path('artifacts/store/v1/actions'));
      const [first = '', second = ''] = paths;
      writeFileSync(first, readFileSync(second));
    },
  ],
  [
    'an index that was cut in a line',
    (rig: PipelineRig) => {
      const index = rig.path('artifacts/store/v1/instances.jsonl');
      truncateSync(index, readFileSync(index).length - 30);
    },
  ],
  [
    'a stat cache of garbage',
    (rig: PipelineRig) => rig.write('artifacts/store/v1/stat-cache.json', '{"schema":1'),
  ],
])('%s costs work, and no wrong result', async (_, damage) => {
  await using rig = await doneRig();
  damage(rig);
  removeShown(rig);
  await expectMended(rig);
});

it('a journal with a torn line is read as far as it goes', async () => {
  await using rig = await doneRig();
  const run = runsOf(rig.root).at(-1) ?? '';
  appendFileSync(rig.path('artifacts/runs', run, 'events.jsonl'), '{"type":"instance-fini');
  const status = await rig.run(['status', '--json']);
  expect(status.exitCode).toBe(0);
  expect(status.json()).toMatchObject({ run, status: 'succeeded' });
  await expectMended(rig);
});

it('a journal that was cut in its first line is a run of which nothing is known', async () => {
  await using rig = await doneRig();
  const run = runsOf(rig.root).at(-1) ?? '';
  truncateSync(rig.path('artifacts/runs', run, 'events.jsonl'), 12);
  const status = await rig.run(['status', '--json']);
  expect(status.exitCode, status.stderr).toBe(0);
  expect(status.json()).toMatchObject({ run, status: 'interrupted' });
});
