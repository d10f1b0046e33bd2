import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { JobInput } from '../../../pipeline/contract/worker.js';
import { type CommandJob, commandLine, declaredVariables } from '../../../pipeline/execute/command-line.js';

// As unkind as a path can be.
const root = mkdtempSync(join(tmpdir(), 'edgeline it\'s $HOME "and" `more` \n'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

function input(stage: string, output: string, name: string): JobInput {
  const path = join(root, name);
  writeFileSync(path, `${name}\n`);
  return {
    path,
    output,
    stage,
    digest: 'sha256:0',
    artifact: output,
    instance: `${stage}@seed=${name}`,
    coordinates: {},
    key: 'k',
  };
}

mkdirSync(join(root, 'out'));
const job: CommandJob = {
  inputs: {
    input: [
      input('train', 'scores', '1'),
      input('train', 'scores', '2'),
      input('train', 'log', 'log'),
      input('fetch', 'rows', 'rows'),
    ],
  },
  outputs: { all: join(root, 'out', 'all.txt') },
  external: { script: join(root, 'script.awk') },
  coordinates: { seed: 3, model: 'tiny' },
  threads: 2,
  scratch_dir: join(root, 'tmp'),
  file: join(root, 'job.json'),
};
const words = (argv: readonly string[]) => commandLine({ argv, shell: false, env: [] }, job);
const shell = (line: string) => commandLine({ argv: [line], shell: true, env: [] }, job);
const run = ([file = '', ...argv]: readonly string[]) => execFileSync(file, argv, { encoding: 'utf8' });

describe('commandLine of words', () => {
  it('replaces each placeholder and leaves other braces alone', () => {
    expect(
      words([
        'awk',
        '{print $1}',
        '{inputs.fetch}',
        '{outputs.all}',
        '--seed={coordinates.seed}-{coordinates.model}',
        '{threads}',
        '{scratch}',
        '{files.script}',
        '{job}',
        '{"a": {"b": 1}}',
      ]),
    ).toEqual([
      'awk',
      '{print $1}',
      join(root, 'rows'),
      join(root, 'out', 'all.txt'),
      '--seed=3-tiny',
      '2',
      join(root, 'tmp'),
      join(root, 'script.awk'),
      join(root, 'job.json'),
      '{"a": {"b": 1}}',
    ]);
  });

  it('makes each element of a gathered matrix a word of its own', () => {
    expect(words(['cat', '{inputs.train.scores}'])).toEqual(['cat', join(root, '1'), join(root, '2')]);
    expect(run(words(['cat', '{inputs.train.scores}']))).toBe('1\n2\n');
  });

  it('has no word at all where a matrix has no element', () => {
    const empty = { ...job, inputs: { input: [] } };
    const command = { argv: ['cat', '{inputs.train.scores}'], shell: false, env: [] };
    expect(commandLine(command, empty)).toEqual(['cat']);
  });

  it('does not expand what a value holds', () => {
    const strange = { ...job, coordinates: { seed: '{job}' } };
    const command = { argv: ['{coordinates.seed}'], shell: false, env: [] };
    expect(commandLine(command, strange)).toEqual(['{job}']);
  });

  it('throws for a name that was never declared, which the loader refuses', () => {
    expect(() => words(['{outputs.other}'])).toThrow('Internal error');
  });
});

describe('commandLine for a shell', () => {
  it('keeps paths whole, whatever they hold', () => {
    run(
      shell(
        'cat {inputs.train.scores} {inputs.fetch} | tr a-z A-Z > {outputs.all}; echo {coordinates.model}',
      ),
    );
    expect(readFileSync(join(root, 'out', 'all.txt'), 'utf8')).toBe('1\n2\nROWS\n');
  });

  it('stops at the first command that fails, and at a variable that is not set', () => {
    expect(() => run(shell('false; true'))).toThrow();
    expect(() => run(shell('echo $NOT_SET_ANYWHERE'))).toThrow();
  });
});

describe('declaredVariables', () => {
  it('has the declared variables that are set, and no other', () => {
    const command = { argv: ['x'], shell: false, env: ['LEVEL', 'EMPTY', 'ABSENT'] };
    expect(declaredVariables(command.env, { LEVEL: '3', EMPTY: '', OTHER: 'x' })).toEqual({
      LEVEL: '3',
      EMPTY: '',
    });
  });
});
