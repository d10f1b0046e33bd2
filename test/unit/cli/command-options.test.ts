import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { type Chosen, commandOptions } from '../../../pipeline/cli/command-options.js';

const of = (given: Partial<Chosen>, env: NodeJS.ProcessEnv = {}): string =>
  commandOptions({ file: '/home/u/study/pipeline.yaml', profile: [], sets: [], ...given }, env);

/** What a shell makes of the text. */
function words(text: string, env: Readonly<Record<string, string>> = {}): string[] {
  const printed = execFileSync('sh', ['-c', `for word in ${text}; do printf '%s\\0' "$word"; done`], {
    env,
    encoding: 'utf8',
  });
  return printed.split('\0').slice(0, -1);
}

describe('the options of a command', () => {
  it('are none where none were given', () => {
    expect(of({})).toBe('');
  });

  it('are a file of another name, profiles and every --set in its order', () => {
    const sets = ['axes.seed=[1, 2]', 'name=it\'s "mine" $HOME `id`', 'axes.seed=[3]', 'data.package=../x'];
    expect(words(of({ file: '/home/u/other one.yaml', profile: ['study', 'slurm'], sets }))).toEqual([
      '--file',
      'other one.yaml',
      '--profile',
      'study,slurm',
      ...sets.flatMap((set) => ['--set', set]),
    ]);
  });

  it.each<[string, string, Record<string, string>]>([
    ['data.package=/srv/replab', '--set data.package="$DATA_PACKAGE"', { DATA_PACKAGE: '/srv/replab' }],
    [
      'data.package="/srv/my data"',
      '--set \'data.package="\'"$DATA_PACKAGE"\'"\'',
      { DATA_PACKAGE: '/srv/my data' },
    ],
    [
      'data.texts=[/srv/a, ../b, /srv/c, /srv/a]',
      "--set 'data.texts=['\"$DATA_TEXTS\"', ../b, '\"$DATA_TEXTS_2\"', '\"$DATA_TEXTS\"']'",
      { DATA_TEXTS: '/srv/a', DATA_TEXTS_2: '/srv/c' },
    ],
    [
      'models.m.weights=dir:/srv/w',
      '--set models.m.weights=dir:"$MODELS_M_WEIGHTS"',
      { MODELS_M_WEIGHTS: '/srv/w' },
    ],
    [
      'stages.x.with.command=python /home/u/x.py --in=/srv/a b/c',
      "--set 'stages.x.with.command=python '\"$STAGES_X_WITH_COMMAND\"' --in='\"$STAGES_X_WITH_COMMAND_2\"' b/c'",
      { STAGES_X_WITH_COMMAND: '/home/u/x.py', STAGES_X_WITH_COMMAND_2: '/srv/a' },
    ],
  ])('have a variable for the path of one machine in %s', (set, text, env) => {
    expect(of({ sets: [set] })).toBe(text);
    expect(words(text, env)).toEqual(['--set', set]);
  });

  it('leave addresses as they are', () => {
    const set = 'stages.x.with.from=https://data.example/a/b';
    expect(words(of({ sets: [set] }))).toEqual(['--set', set]);
  });

  it('hold no secret: one of the environment by its name, others never', () => {
    const secret = 'correct horse';
    const env = { UPLOAD_TOKEN: secret, PATH: '/usr/bin' };
    const sets = [`stages.x.with.token=${secret}`, 'stages.x.with={api_key: "hunter-22", n: 1}'];
    const text = of({ sets }, env);
    expect(text).toBe(
      '--set stages.x.with.token="$UPLOAD_TOKEN" --set \'stages.x.with={api_key: "\'"$API_KEY"\'", n: 1}\'',
    );
    expect(words(text, { ...env, API_KEY: 'hunter-22' })).toEqual(sets.flatMap((set) => ['--set', set]));
    expect(of({ sets: [`name=of ${secret} alone`] }, env)).toBe("--set 'name=of *** alone'");
  });
});
