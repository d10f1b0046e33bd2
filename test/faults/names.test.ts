import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { PipelineRig, type RunResult } from '../rig/pipeline-rig.js';
import { filesBelow } from './store-check.js';

const PROJECT = `a project "quoted" 'twice'\n of two lines $(touch harm) \`touch harm\` 100% ünïcode`;
const NAMES = [
  'plain.txt',
  'with space.txt',
  'two\nlines.txt',
  'carriage\rreturn.txt',
  'tab\tbed.txt',
  '-dash.txt',
  '*.txt',
  `quotes'and".txt`,
  '$(touch harm).txt',
  'back\\slash.txt',
  '\u00e9-composed.txt',
  'e\u0301-decomposed.txt',
  '日本語/👩‍👩‍👧.txt',
  ' leading and trailing ',
  '.hidden',
  'deep/er/and/deeper/file.txt',
  `${'long'.repeat(60)}.txt`,
];

/** Copies a folder with everything in it, once by words and once by a shell line. */
const STUDY = `version: 1
name: names
stages:
  copy: { uses: command, with: { run: [cp, -RL, "{files.data}", "{outputs.data}"], files: { data: "my dätä folder" }, outputs: { data: "its cöpy/" } } }
  again: { uses: command, from: copy, with: { run: 'cp -R {inputs.copy} {outputs.data}', outputs: { data: "copy & again/" } } }
`;

function put(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

async function namedRig(): Promise<PipelineRig> {
  const rig = await PipelineRig.create();
  put(rig.path(PROJECT, 'pipeline.yaml'), STUDY);
  for (const name of NAMES) put(rig.path(PROJECT, 'my dätä folder', name), `content of ${name}\n`);
  return rig;
}

function contents(folder: string): Record<string, string> {
  return Object.fromEntries(
    filesBelow(folder).map((path) => [path.slice(folder.length + 1), readFileSync(path, 'utf8')]),
  );
}

function expectExit(result: RunResult, code: number): void {
  expect(result.exitCode, result.stdout + result.stderr).toBe(code);
}

it('paths of all kinds go through the store as they are', async () => {
  await using rig = await namedRig();
  const options = { cwd: PROJECT };
  expectExit(await rig.run(['run', 'all'], options), 0);
  const wanted = Object.fromEntries(NAMES.map((name) => [name, `content of ${name}\n`]));
  expect(contents(rig.path(PROJECT, 'artifacts/out/copy/its cöpy'))).toEqual(wanted);
  expect(contents(rig.path(PROJECT, 'artifacts/out/again/copy & again'))).toEqual(wanted);
  expectExit(await rig.run(['plan', 'all', '--check'], options), 0);

  // Restored from the store alone.
  for (const folder of ['out', 'views'])
    rmSync(rig.path(PROJECT, 'artifacts', folder), { recursive: true, force: true });
  expectExit(await rig.run(['run', 'all'], options), 0);
  expect(contents(rig.path(PROJECT, 'artifacts/out/again/copy & again'))).toEqual(wanted);
  expect(rig.files('.').filter((path) => path.endsWith('/harm') || path === 'harm')).toEqual([]);

  // A name is part of the content: two that look the same are two.
  const composed = rig.path(PROJECT, 'my dätä folder', '\u00e9-composed.txt');
  const text = readFileSync(composed);
  rmSync(composed);
  writeFileSync(rig.path(PROJECT, 'my dätä folder', 'e\u0301-composed.txt'), text);
  expectExit(await rig.run(['plan', 'all', '--check'], options), 3);
});

it('data is its bytes: other line ends are other data, and pipeline.yaml may have either', async () => {
  await using rig = await PipelineRig.create({
    pipeline: STUDY.replaceAll('\n', '\r\n'),
    files: { 'my dätä folder/lines.txt': 'one\ntwo\n' },
  });
  expectExit(await rig.run(['run', 'all']), 0);
  expect(contents(rig.path('artifacts/out/copy/its cöpy'))).toEqual({ 'lines.txt': 'one\ntwo\n' });
  rig.write('pipeline.yaml', STUDY);
  expectExit(await rig.run(['plan', 'all', '--check']), 0);
  rig.write('my dätä folder/lines.txt', 'one\r\ntwo\r\n');
  expectExit(await rig.run(['plan', 'all', '--check']), 3);
  expectExit(await rig.run(['run', 'all']), 0);
  expect(contents(rig.path('artifacts/out/again/copy & again'))).toEqual({ 'lines.txt': 'one\r\ntwo\r\n' });
});

it('a link within the project stands for what it points to', async () => {
  await using rig = await PipelineRig.create({
    pipeline: STUDY,
    files: { 'my dätä folder/a.txt': 'a\n', 'elsewhere/b.txt': 'b\n', 'elsewhere/more/c.txt': 'c\n' },
  });
  symlinkSync('../elsewhere/b.txt', rig.path('my dätä folder/b.txt'));
  symlinkSync(rig.path('elsewhere/more'), rig.path('my dätä folder/more'));
  expectExit(await rig.run(['run', 'all']), 0);
  expect(contents(rig.path('artifacts/out/again/copy & again'))).toEqual({
    'a.txt': 'a\n',
    'b.txt': 'b\n',
    'more/c.txt': 'c\n',
  });
  rig.write('elsewhere/more/c.txt', 'changed\n');
  expectExit(await rig.run(['plan', 'all', '--check']), 3);
  expectExit(await rig.run(['run', 'all']), 0);
  expect(rig.read('artifacts/out/again/copy & again/more/c.txt')).toBe('changed\n');
});

it.each([
  [
    'a file that is a link',
    (rig: PipelineRig, outside: string) => symlinkSync(outside, rig.path('my dätä folder/link')),
  ],
  [
    'a folder that is a link',
    (rig: PipelineRig, outside: string) => symlinkSync(dirname(outside), rig.path('my dätä folder/link')),
  ],
  [
    'a link to a link',
    (rig: PipelineRig, outside: string) => {
      symlinkSync(outside, rig.path('first'));
      symlinkSync('../first', rig.path('my dätä folder/link'));
    },
  ],
  [
    'the input itself',
    (rig: PipelineRig, outside: string) => {
      rmSync(rig.path('my dätä folder'), { recursive: true });
      symlinkSync(dirname(outside), rig.path('my dätä folder'));
    },
  ],
])('%s may not lead out of the project', async (_, link) => {
  await using rig = await PipelineRig.create({ pipeline: STUDY, files: { 'my dätä folder/a.txt': 'a\n' } });
  await using other = await PipelineRig.create({ files: { 'secret.txt': 'not of this project\n' } });
  link(rig, other.path('secret.txt'));
  const result = await rig.run(['run', 'all']);
  expectExit(result, 1);
  expect(result.stdout + result.stderr).toMatch(/my dätä folder/);
  expect(result.stdout + result.stderr).toMatch(/leaves the project/);
  expect(filesBelow(rig.path('artifacts/store/v1/blobs'))).toEqual([]);
});

it.each([
  ['in a circle', (rig: PipelineRig) => symlinkSync('..', rig.path('my dätä folder/link'))],
  ['to itself', (rig: PipelineRig) => symlinkSync('link', rig.path('my dätä folder/link'))],
  [
    'in a circle of two',
    (rig: PipelineRig) => {
      mkdirSync(rig.path('elsewhere'));
      symlinkSync('../elsewhere', rig.path('my dätä folder/link'));
      symlinkSync('../my dätä folder', rig.path('elsewhere/back'));
    },
  ],
  ['to nothing', (rig: PipelineRig) => symlinkSync('nothing', rig.path('my dätä folder/link'))],
])('a link that leads %s is an error, and no hang', async (_, link) => {
  await using rig = await PipelineRig.create({ pipeline: STUDY, files: { 'my dätä folder/a.txt': 'a\n' } });
  link(rig);
  const result = await rig.run(['run', 'all'], { timeoutSeconds: 60 });
  expectExit(result, 1);
  expect(result.stdout + result.stderr).toMatch(/my dätä folder|elsewhere/);
  expect(result.stdout + result.stderr).not.toMatch(/^\s+at .*\.js:\d+/m);
});

it('an output may hold no link that leaves it', async () => {
  await using rig = await PipelineRig.create({
    pipeline: `version: 1
name: links
stages:
  make: { uses: command, with: { run: 'mkdir {outputs.data}; echo a > {outputs.data}/a.txt; ln -s /etc/hostname {outputs.data}/link', outputs: { data: data/ } } }
  single: { uses: command, with: { run: 'ln -s /etc/hostname {outputs.data}', outputs: { data: data.txt } } }
`,
  });
  for (const stage of ['make', 'single']) {
    const result = await rig.run(['run', stage]);
    expectExit(result, 1);
    expect(result.stdout + result.stderr).toMatch(/link|regular file/);
    expect(rig.exists(join('artifacts/out', stage))).toBe(false);
  }
});
