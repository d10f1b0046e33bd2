import { describe, expect, it } from 'vitest';
import type { Json } from '../../../../pipeline/base/canonical.js';
import type { StageSurroundings } from '../../../../pipeline/contract/stage.js';
import { definition } from '../../../../stages/command/definition.js';
import { options } from '../../../../stages/command/options.js';

const context = {
  coordinates: {},
  data: { package: null, texts: [], cache: null },
  models: {},
  devices: {},
  installation: '/i',
  host: { cpuCount: 2 },
};

const around: StageSurroundings = {
  sources: [
    {
      stage: 'clean',
      gather: false,
      outputs: [{ name: 'tweets', artifact: 'tweets', path: 't', kind: 'file' }],
    },
    {
      stage: 'train',
      gather: true,
      outputs: [{ name: 'log', artifact: 'log', path: 'l', kind: 'file' }],
    },
  ],
  axes: ['seed'],
};

const problems = (given: Record<string, Json>) =>
  definition.check?.(options.parse(given), around).map(({ path, message }) => [path.join('.'), message]);

describe('the command stage', () => {
  it('has outputs by name, folders where the path ends with a slash', () => {
    expect(definition.outputsOf?.({ run: 'x', outputs: { scores: 'scores.csv', plots: 'plots/' } })).toEqual([
      { name: 'scores', artifact: 'scores', path: 'scores.csv', kind: 'file' },
      { name: 'plots', artifact: 'plots', path: 'plots', kind: 'tree' },
    ]);
  });

  it('keeps what it runs in the key, and of files their content alone', () => {
    const resolved = definition.resolve(
      {
        run: ['cat', '{files.table}'],
        outputs: { x: 'x' },
        files: { table: 'data/t.csv' },
        env: ['B', 'A', 'B'],
      },
      context,
    );
    expect(resolved).toEqual({
      options: { run: ['cat', '{files.table}'] },
      external: [{ name: 'table', path: 'data/t.csv', inside: 'project' }],
      needs: { cpu: 1 },
      command: { argv: ['cat', '{files.table}'], shell: false, env: ['A', 'B'] },
    });
  });

  it.each([
    [
      [
        'awk',
        '{print $1; print {x}}',
        '{inputs.clean}',
        '{inputs.train}',
        '{outputs.x}',
        '{coordinates.seed}',
      ],
    ],
    ['awk \'{ printf "%s", "it" }\' {inputs.clean} {inputs.train} > {outputs.x}'],
    ["echo it\\'s; cat {inputs.clean} {inputs.train.log} | sort --parallel={threads} > {outputs.x}"],
    // The job document names every input and output.
    [['python3', '-m', 'mine', '{job}']],
  ])('finds nothing wrong with %j', (run) => {
    expect(problems({ run, outputs: { x: 'x.txt' } })).toEqual([]);
  });

  it.each([
    [['cat', '{outputs}', '{inputs.clean}', '{inputs.train}'], 'run.1', '`{outputs}` stands for nothing'],
    [['cat', '{ouputs.x}'], 'run.1', '`{ouputs.x}` stands for nothing'],
    [['cat', '{thread}'], 'run.1', '`{thread}` stands for nothing'],
    [['cat', 'a{inputs.train}'], 'run.1', '`{inputs.train}` is a list, because `from` gathers `train@*`'],
    ['echo \'it\' "{inputs.clean}"', 'run', '`{inputs.clean}` stands between quotes'],
    ["echo '\\' {inputs.clean} '{threads}'", 'run', '`{threads}` stands between quotes'],
  ])('says of %j what is wrong', (run, path, message) => {
    expect(problems({ run, outputs: { x: 'x.txt' } })).toContainEqual([path, message]);
  });

  it.each(['/etc/passwd', '../x', 'a/../../x', '~/x', 'a\0b'])('refuses the file %j', (file) => {
    expect(options.safeParse({ run: 'x', outputs: { x: 'x' }, files: { f: file } }).success).toBe(false);
  });

  it.each(['a.csv', 'data/a b.csv', './a', 'a/../b', '.'])('takes the file %j', (file) => {
    expect(options.safeParse({ run: 'x', outputs: { x: 'x' }, files: { f: file } }).success).toBe(true);
  });

  it.each(['', '.', '..', '../', 'a/b', '/x', 'a\\b', 'a\nb', '/'])('refuses the output %j', (path) => {
    expect(options.safeParse({ run: 'x', outputs: { x: path } }).success).toBe(false);
  });

  it('refuses two outputs at one path', () => {
    expect(
      problems({
        run: 'cp {inputs.clean} {inputs.train} {outputs.a} {outputs.b}',
        outputs: { a: 'x', b: 'x/' },
      }),
    ).toContainEqual(['outputs.b', '`b` would be written where `a` is']);
  });
});
