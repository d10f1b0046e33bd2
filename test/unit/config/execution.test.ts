import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../pipeline/config/load.js';
import type { PipelineConfig } from '../../../pipeline/contract/config.js';
import { definitions } from './fake-definitions.js';

/** A file with these keys in its one stage, and these sections after it. */
function load(
  stage: string,
  rest = '',
  given: { readonly profiles?: string[]; readonly sets?: string[] } = {},
): PipelineConfig {
  const text = `version: 1\nname: study\nstages:\n  fetch: { uses: fetch, with: { source: sample }${stage} }\n${rest}`;
  const { profiles = [], sets = [] } = given;
  const result = loadConfig({ file: '/project/pipeline.yaml', text, profiles, sets, definitions });
  if (!result.ok) throw new Error(JSON.stringify(result.error, null, 2));
  return result.value;
}

const stageWith = (keys: string, rest?: string) => load(`, ${keys}`, rest).stages[0];

describe('how a stage runs', () => {
  it('is not there when nothing is said', () => {
    expect(Object.keys(load('').stages[0] ?? {})).not.toEqual(
      expect.arrayContaining(['executor', 'timeoutSeconds', 'retries', 'needs']),
    );
    expect(load('').executors).toEqual({});
  });

  it.each([
    ['90', 90],
    ['0.5', 0.5],
    ['90s', 90],
    ['15m', 900],
    ['1.5h', 5400],
    ['1h30m', 5400],
    ['1d', 86_400],
  ])('has a timeout of %s', (written, seconds) => {
    expect(stageWith(`timeout: ${written}`)?.timeoutSeconds).toBe(seconds);
  });

  it.each([
    ['1048576', 1_048_576],
    ['512MiB', 536_870_912],
    ['2GB', 2e9],
    ['1.5 GiB', 1_610_612_736],
  ])('needs memory of %s', (written, bytes) => {
    expect(stageWith(`needs: { memory: ${written} }`)?.needs).toEqual({ memory: bytes });
  });

  it('needs what is said and no more', () => {
    expect(stageWith('needs: { cpu: all, gpu: 1, mutex: licence }')?.needs).toEqual({
      cpu: 'all',
      gpu: 1,
      mutex: ['licence'],
    });
    expect(stageWith('needs: { mutex: [a, b, a] }')?.needs).toEqual({ mutex: ['a', 'b'] });
  });

  it('is tried again for what is never its own fault, unless it says otherwise', () => {
    const on = ['device-lost', 'executor-error', 'no-heartbeat', 'signal'];
    expect(stageWith('retries: 3')?.retries).toEqual({ count: 3, backoffSeconds: 10, on });
    expect(stageWith('retries: {}')?.retries).toEqual({ count: 2, backoffSeconds: 10, on });
    expect(stageWith('retries: 0')?.retries).toBeUndefined();
    expect(
      stageWith(
        'retries: { count: 1, backoff: 1m, on: [timed-out, "exit-nonzero:75", "stage-error:no-rows"] }',
      )?.retries,
    ).toEqual({ count: 1, backoffSeconds: 60, on: ['timed-out', 'exit-nonzero:75', 'stage-error:no-rows'] });
  });
});

describe('executors', () => {
  const EXECUTORS = `executors:
  here: { kind: local }
  desk: { kind: ssh, host: me@desk, port: 2222, root: /scratch/me }
  farm: { kind: slurm, partition: long, time: "1-12:00:00", arguments: ["--nice=10"], max_jobs: 50 }
profiles:
  other: { executors: { desk: { host: me@other, port: ~ }, farm: ~ } }
`;

  it('are read by kind', () => {
    const config = load(', executor: farm', EXECUTORS);
    expect(config.stages[0]?.executor).toBe('farm');
    expect(config.executors).toEqual({
      here: { name: 'here', kind: 'local' },
      desk: { name: 'desk', kind: 'ssh', host: 'me@desk', port: 2222, root: '/scratch/me' },
      farm: {
        name: 'farm',
        kind: 'slurm',
        partition: 'long',
        time: '1-12:00:00',
        arguments: ['--nice=10'],
        max_jobs: 50,
      },
    });
  });

  it('may differ in a profile and on the command line', () => {
    const config = load('', EXECUTORS, { profiles: ['other'], sets: ['stages.fetch.executor=desk'] });
    expect(config.executors.desk).toEqual({
      name: 'desk',
      kind: 'ssh',
      host: 'me@other',
      root: '/scratch/me',
    });
    expect(Object.keys(config.executors)).toEqual(['here', 'desk']);
    expect(config.stages[0]?.executor).toBe('desk');
  });

  it('cannot be taken away from under a stage', () => {
    expect(() => load(', executor: farm', EXECUTORS, { profiles: ['other'] })).toThrow('undeclared-executor');
  });
});
