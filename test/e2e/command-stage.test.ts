import { mkdirSync, symlinkSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { PipelineRig } from '../rig/pipeline-rig.js';

const PIPELINE = `version: 1
name: commands
axes: { seed: [1, 2, 3] }
stages:
  draw:
    uses: command
    matrix: [seed]
    with:
      run: [sh, "{files.script}", "{coordinates.seed}", "{outputs.number}", "{outputs.extra}"]
      files: { script: "tools/draw it.sh" }
      outputs: { number: number.txt, extra: extra/ }
      env: [SCALE, MY_API_TOKEN]
  sum:
    uses: command
    from: draw@*
    with:
      run: cat {inputs.draw.number} | awk '{ s += $1 } END { print s }' > {outputs.sum}
      outputs: { sum: sum.txt }
  shown:
    uses: command
    from: [sum, draw@*]
    with:
      run: [node, "{files.show}", "{job}"]
      files: { show: show.mjs }
      outputs: { page: page.txt }
`;
const DRAW = `set -eu
mkdir "$3"; echo "seed $1 in $(pwd | sed 's/.*\\///')" > "$3/note"; echo "$MY_API_TOKEN" >&2
echo $(( $1 * \${SCALE:-1} )) > "$2"
`;
const SHOW = `import { readFileSync, writeFileSync } from 'node:fs';
const job = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const lines = job.inputs.input.map(({ stage, output, coordinates, path }) =>
  stage + '.' + output + ' ' + JSON.stringify(coordinates) + (output === 'extra' ? '' : ' ' + readFileSync(path, 'utf8').trim()));
writeFileSync(job.outputs.page, lines.join('\\n'));
`;
const FILES = { 'tools/draw it.sh': DRAW, 'show.mjs': SHOW };
const TOKEN = 'correct-horse-battery';
const env = { SCALE: '10', MY_API_TOKEN: TOKEN, OTHER: 'x' };

interface Planned {
  readonly id: string;
  readonly action: string;
  readonly reasons: readonly object[];
}

async function plan(rig: PipelineRig, more: Readonly<Record<string, string | undefined>> = {}) {
  const result = await rig.run(['plan', '--json'], { env: { ...env, ...more } });
  expect(result.exitCode, result.stderr).toBe(0);
  return new Map((result.json() as readonly Planned[]).map((planned) => [planned.id, planned]));
}

describe('a command stage', () => {
  // One study, several runs of the real engine with three processes each: over ten seconds on a busy machine.
  it('runs, is reused, and runs again for each thing that it declares', async () => {
    await using rig = await PipelineRig.create({ pipeline: PIPELINE, files: FILES });
    const first = await rig.run(['run', 'all'], { env });
    expect(first.exitCode, first.stdout).toBe(0);
    expect(rig.read('artifacts/out/sum/sum.txt')).toBe('60\n');
    expect(rig.read('artifacts/out/draw/seed=2/extra/note')).toBe('seed 2 in tmp\n');
    expect(rig.read('artifacts/out/shown/page.txt').split('\n')).toEqual([
      'sum.sum {} 60',
      'draw.number {"seed":1} 10',
      'draw.extra {"seed":1}',
      'draw.number {"seed":2} 20',
      'draw.extra {"seed":2}',
      'draw.number {"seed":3} 30',
      'draw.extra {"seed":3}',
    ]);
    const again = await plan(rig, { OTHER: 'y' });
    expect([...again.values()].map(({ action }) => action)).toEqual(
      again.size === 5 ? Array(5).fill('reuse') : [],
    );

    const scaled = await plan(rig, { SCALE: '20' });
    expect(scaled.get('draw@seed=2')?.reasons).toEqual([
      { kind: 'environment-changed', name: 'env SCALE', before: '"10"', after: '"20"' },
    ]);
    expect((await plan(rig, { SCALE: undefined })).get('draw@seed=2')?.action).toBe('run');
    const secret = (await plan(rig, { MY_API_TOKEN: `${TOKEN}2` })).get('draw@seed=1');
    expect(secret?.action).toBe('run');
    expect(JSON.stringify(secret)).not.toContain(TOKEN);

    // The script changes, its results do not: what reads them is reused.
    rig.write('tools/draw it.sh', `# a comment\n${DRAW}`);
    expect((await plan(rig)).get('draw@seed=1')?.reasons).toMatchObject([
      { kind: 'external-changed', name: 'script' },
    ]);
    const cut = await rig.run(['run', 'all', '--json'], { env });
    expect(cut.events().at(-1)).toMatchObject({ type: 'run-finished', counts: { ran: 3, reused: 2 } });
    // No file of the store, a record or a journal holds the secret; the log of the script does, which prints it.
    const held = rig.files('artifacts').filter((file) => rig.read(file).includes(TOKEN));
    expect(held.filter((file) => !file.endsWith('.log'))).toEqual([]);
  });

  it.each([
    [
      'run: [sh, -c, "echo to be read >&2; exit 3", "{outputs.x}"]',
      'its command (sh) ended with exit code 3',
      'to be read',
    ],
    [
      'run: "no-such-program > {outputs.x}"',
      'its command (sh) ended with exit code 127',
      'program was not found',
    ],
    ['run: [no-such-program, "{outputs.x}"]', 'no-such-program', 'ENOENT'],
    ['run: ["true", "{outputs.x}"]', 'did not write its output x', 'x.txt'],
    ['run: [mkdir, "{outputs.x}"]', 'did not write its output x', 'x.txt'],
  ])('says what went wrong: %s', async (run, ...said) => {
    const pipeline = `version: 1\nname: one\nstages:\n  one:\n    uses: command\n    with:\n      ${run}\n      outputs: { x: x.txt }\n`;
    await using rig = await PipelineRig.create({ pipeline });
    const { exitCode, stdout, stderr } = await rig.run(['run', 'all']);
    expect(exitCode).toBe(1);
    for (const words of said) expect(`${stdout}${stderr}`).toContain(words);
    expect(`${stdout}${stderr}`).not.toMatch(/report it|^\s+at .*:\d+:\d+/m);
  });

  it('refuses a file that a link takes out of the project, and one that is not there', async () => {
    const pipeline = `version: 1
name: one
stages:
  one:
    uses: command
    with: { run: [cp, -r, "{files.data}", "{outputs.x}"], files: { data: data }, outputs: { x: x/ } }
`;
    await using rig = await PipelineRig.create({
      files: { 'study/pipeline.yaml': pipeline, 'secret/s.txt': 's' },
    });
    const planned = async () => (await rig.run(['plan'], { cwd: 'study' })).stdout;
    expect(await planned()).toContain('there is no such file or folder');
    mkdirSync(rig.path('study/data'));
    symlinkSync(rig.path('secret/s.txt'), rig.path('study/data/link.txt'));
    expect(await planned()).toMatch(/blocked.*data\/link\.txt.*leaves the project/s);
    expect((await rig.run(['run', 'all'], { cwd: 'study' })).exitCode).toBe(1);
    rig.write('study/pipeline.yaml', pipeline.replace('data: data', 'data: "data/../data/link.txt"'));
    expect(await planned()).toMatch(/blocked.*leaves the project/s);
  });
});
