import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { Event } from '../../pipeline/contract/event.js';
import type { PlannedInstance } from '../../pipeline/contract/plan.js';
import { processesOf } from '../faults/processes.js';
import { PipelineRig, type RunResult } from '../rig/pipeline-rig.js';
import { sshdAvailable, startSshd } from '../rig/sshd.js';

/**
 * `count` notes each of four steps, waits for the gate after the second and fails after the third while there is a file
 * `fail`; neither is anything that a key knows of.
 */
const script = (root: string): string => `set -eu
last=$(cat "$1/last" 2>/dev/null || echo 0)
echo "from $last" >> '${root}/starts.txt'
while [ "$last" -lt 4 ]; do
  last=$((last + 1))
  echo "$last" > "$1/last.part"; mv "$1/last.part" "$1/last"
  while [ "$last" = 2 ] && [ -e '${root}/pipeline.yaml' ] && [ ! -e '${root}/gate' ]; do sleep 0.02; done
  if [ "$last" = 3 ] && [ -e '${root}/fail' ]; then exit 75; fi
done
echo "counted to $last" > "$2"
`;

async function started(where = '', executors = '{}'): Promise<PipelineRig> {
  const rig = await PipelineRig.create();
  rig.write('count.sh', script(rig.root));
  rig.write(
    'pipeline.yaml',
    `version: 1
name: resume
executors: ${executors}
stages:
  count:
    uses: command${where}
    retries: { count: 1, backoff: 0, on: ["exit-nonzero:75"] }
    with:
      run: [sh, '{files.script}', '{resume}', '{outputs.text}']
      files: { script: count.sh }
      outputs: { text: text.txt }
`,
  );
  return rig;
}

const starts = (rig: PipelineRig): readonly string[] =>
  rig.exists('starts.txt') ? rig.read('starts.txt').trimEnd().split('\n') : [];
const result = (rig: PipelineRig): string => rig.read('artifacts/out/count/text.txt');
const left = (rig: PipelineRig): readonly string[] =>
  rig.exists('artifacts/resume') ? readdirSync(rig.path('artifacts/resume')) : [];
const planned = async (rig: PipelineRig, ...args: string[]): Promise<PlannedInstance | undefined> =>
  ((await rig.run(['plan', 'all', '--json', ...args])).json() as PlannedInstance[])[0];
const told = (run: RunResult, type: Event['type']): number =>
  run.events().filter((event) => event.type === type).length;

/** Starts a run and waits until the second of its steps is noted. */
async function atTheGate(rig: PipelineRig, ...args: string[]) {
  const running = rig.start(['run', 'all', '--json', ...args]);
  const before = starts(rig).length;
  while (starts(rig).length === before || noted(rig) !== '2') await sleep(20);
  return running;
}

function noted(rig: PipelineRig): string {
  const [key] = left(rig);
  const path = key === undefined ? '' : rig.path('artifacts/resume', key, 'local', 'last');
  return existsSync(path) ? readFileSync(path, 'utf8').trim() : '';
}

// Each starts the program several times.
describe('work that was interrupted', { timeout: 120_000 }, () => {
  test('goes on after kill -9, is announced before, and leaves nothing behind', async () => {
    await using rig = await started();
    expect((await planned(rig))?.resumes).toBeUndefined();
    const killed = await atTheGate(rig);
    killed.kill('SIGKILL');
    await killed.result;

    expect(await planned(rig)).toMatchObject({ action: 'run', resumes: true });
    const text = (await rig.run(['plan', 'all'])).stdout;
    expect(text).toContain('count: resumes from an earlier attempt: never ran before');
    expect((await rig.run(['status'])).stdout).toContain('Run again: count resumes from an earlier attempt.');
    expect((await rig.run(['explain', 'count'])).stdout).toContain('count: resumes from an earlier attempt');

    // The gate stays shut: what the killed engine left running must not write there beside the next attempt.
    const again = await rig.run(['run', 'all', '--json']);
    expect(again.exitCode, again.stderr).toBe(0);
    expect(told(again, 'instance-resuming')).toBe(1);
    expect(again.events().find(({ type }) => type === 'instance-finished')).toMatchObject({
      outcome: { status: 'ran', resumed: true },
    });
    expect(starts(rig)).toEqual(['from 0', 'from 2']);
    expect(result(rig)).toBe('counted to 4\n');
    expect(left(rig)).toEqual([]);
    rig.write('gate', '');
    // The same as of a run that nobody interrupted, and of one that finds an empty folder.
    const verified = await rig.run(['verify', 'count']);
    expect(verified.exitCode, verified.stdout).toBe(0);
    expect(starts(rig).at(-1)).toBe('from 0');
  });

  test('is gone on with by an engine that waited for it, which first ends what the killed one left running', async () => {
    await using rig = await started();
    const killed = await atTheGate(rig);
    const second = rig.start(['run', 'all', '--json']);
    await second.seen(/"type":"waiting-for-lock"/);
    killed.kill('SIGKILL');
    expect((await second.result).exitCode).toBe(0);
    expect(starts(rig)).toEqual(['from 0', 'from 2']);
    expect(processesOf(rig.root)).toEqual([]);
  });

  test('goes on after Ctrl-C, and in the next attempt of the same run', async () => {
    await using rig = await started();
    const stopped = await atTheGate(rig);
    stopped.kill('SIGINT');
    expect((await stopped.result).events().at(-1)).toMatchObject({ status: 'aborted' });
    rig.write('gate', '');
    rig.write('fail', '');
    const failed = await rig.run(['run', 'all', '--json']);
    expect(told(failed, 'instance-retrying')).toBe(1);
    expect(told(failed, 'instance-resuming')).toBe(2);
    // The one that finds three steps done goes on after them.
    expect(starts(rig)).toEqual(['from 0', 'from 2', 'from 3']);
    expect(failed.exitCode).toBe(0);
    expect(left(rig)).toEqual([]);
  });

  test('starts from nothing where it is to be made anew, but goes on with that', async () => {
    await using rig = await started();
    const first = await atTheGate(rig);
    first.kill('SIGKILL');
    await first.result;
    expect((await planned(rig, '--from', 'count'))?.resumes).toBeUndefined();
    const anew = await atTheGate(rig, '--from', 'count');
    anew.kill('SIGKILL');
    await anew.result;
    expect(starts(rig)).toEqual(['from 0', 'from 0']);
    expect((await planned(rig, '--from', 'count'))?.resumes).toBe(true);
    expect((await rig.run(['run', '--from', 'count'])).exitCode).toBe(0);
    expect(starts(rig).at(-1)).toBe('from 2');
  });

  test('is not gone on with when what it read was changed meanwhile', async () => {
    await using rig = await started();
    const running = await atTheGate(rig);
    rig.write('count.sh', `${script(rig.root)}# another\n`);
    rig.write('gate', '');
    expect((await running.result).events().find(({ type }) => type === 'instance-finished')).toMatchObject({
      outcome: { failure: { reason: 'input-changed' } },
    });
    expect(left(rig)).toEqual([]);
  });

  test('starts from nothing where anything that the key names is another, and gc tells what is left of it', async () => {
    await using rig = await started();
    const first = await atTheGate(rig);
    expect((await rig.run(['gc', '--dry-run', '--json', '--older-than', '0d'])).json()).toMatchObject({
      resumes: [],
    });
    first.kill('SIGKILL');
    await first.result;
    rig.write('count.sh', `${script(rig.root)}# another\n`);
    expect((await planned(rig))?.resumes).toBeUndefined();
    rig.write('gate', '');
    expect((await rig.run(['run', 'all'])).exitCode).toBe(0);
    expect(starts(rig)).toEqual(['from 0', 'from 0']);
    const [key = ''] = left(rig);
    expect((await rig.run(['gc', '--json'])).json()).toMatchObject({ resumes: [] });
    const collected = await rig.run(['gc', '--dry-run', '--json', '--older-than', '0d']);
    expect(collected.json()).toMatchObject({ resumes: [{ key: `sha256:${key}`, instance: 'count' }] });
    const gone = await rig.run(['gc', '--older-than', '0d']);
    expect(gone.stdout).toContain('removed 1 interrupted attempt to go on from (count)');
    expect(existsSync(join(rig.root, 'artifacts/resume', key))).toBe(false);
  });

  const skipped = sshdAvailable();
  const title = `goes on with what is on a workstation${skipped === null ? '' : ` (skipped: ${skipped})`}`;
  test.skipIf(skipped !== null)(title, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'edgeline-there-'));
    const sshd = await startSshd();
    const settings = {
      kind: 'ssh',
      host: `${sshd.user}@${sshd.host}`,
      port: sshd.port,
      identity_file: sshd.identityFile,
      known_hosts_file: sshd.knownHostsFile,
      root: folder,
    };
    try {
      await using rig = await started('\n    executor: there', JSON.stringify({ there: settings }));
      const there = () => readdirSync(join(folder, 'resume'));
      rig.write('gate', '');
      rig.write('fail', '');
      // Here it would be tried again at once.
      const once = ['--set', 'stages.count.retries=0'];
      const failed = await rig.run(['run', 'all', '--json', ...once]);
      expect(failed.events().find(({ type }) => type === 'instance-finished')).toMatchObject({
        outcome: { failure: { reason: 'exit-nonzero', exitCode: 75 } },
      });
      expect(there()).toHaveLength(1);
      expect(await planned(rig)).toMatchObject({ resumes: true });
      const again = await rig.run(['run', 'all', '--json', ...once]);
      expect(again.exitCode, again.stderr).toBe(0);
      expect(told(again, 'instance-resuming')).toBe(1);
      expect(starts(rig)).toEqual(['from 0', 'from 3']);
      expect(result(rig)).toBe('counted to 4\n');
      expect([...left(rig), ...there()]).toEqual([]);
    } finally {
      await sshd.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
