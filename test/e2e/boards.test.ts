import { execFileSync } from 'node:child_process';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { tryLock } from '../../pipeline/base/lock.js';
import { cacheFolder } from '../../pipeline/cli/installation.js';
import type { PlannedInstance } from '../../pipeline/contract/plan.js';
import { INSTALLATION, PipelineRig } from '../rig/pipeline-rig.js';
import { machineIdsAvailable, sshdAvailable, startSshd, type TestSshd } from '../rig/sshd.js';

/** As short as a chain to a device can be: a tiny random encoder, a few steps of training, one file to deploy. */
const PIPELINE = `version: 1
name: swapped-boards
data: { package: package, texts: texts }
axes: { model: [tiny], device: [board] }
models:
  tiny: { family: bert, weights: "random:1", layers: 1, hidden_size: 32, intermediate_size: 64, heads: 2, vocabulary_size: 1200, max_positions: 64 }
stages:
  fetch: { uses: fetch, with: { source: replab2013 } }
  clean: { uses: clean, from: fetch, with: { rules: light } }
  split: { uses: split, from: clean }
  encoder: { uses: encoder, matrix: [model] }
  encode: { uses: encode, from: [split, encoder], with: { max_length: 16 } }
  fine-tune: { uses: fine-tune, from: [encode, encoder], with: { epochs: 1, limit_train: 32 } }
  export: { uses: export, from: fine-tune }
  freeze: { uses: freeze, from: [export, encode] }
  convert: { uses: convert, from: freeze }
  deploy: { uses: deploy, from: [convert, encode], matrix: [device] }
devices:
  board: DEVICE
`;
const DEPLOY = 'deploy@device=board,model=tiny';
const sample = (...parts: string[]): string => join(INSTALLATION, 'datasets', 'sample', ...parts);

/** Both servers are real; what they share is this machine's processor and system. Only their machine ids differ. */
async function boardAt(rig: PipelineRig, machineId: string, port?: number): Promise<TestSshd> {
  const clientKey = rig.path('keys', 'client');
  const sshd = await startSshd({ machineId, clientKey, ...(port === undefined ? {} : { port }) });
  appendFileSync(rig.path('keys', 'known_hosts'), readFileSync(sshd.knownHostsFile));
  return sshd;
}

async function planOf(rig: PipelineRig): Promise<PlannedInstance | undefined> {
  const result = await rig.run(['plan', 'deploy', '--json']);
  expect(result.stderr).toBe('');
  return (result.json() as PlannedInstance[]).find(({ id }) => id === DEPLOY);
}

async function runDeploy(rig: PipelineRig) {
  const result = await rig.run(['run', 'deploy', '--json'], { timeoutSeconds: 600 });
  const events = result.events();
  const started = events.find((event) => event.type === 'run-started');
  return {
    result,
    started: events.flatMap((event) => (event.type === 'instance-started' ? [event.instance] : [])),
    planned: started?.plan.find(({ id }) => id === DEPLOY),
    notes: events.flatMap((event) => (event.type === 'note' ? [event.message] : [])),
  };
}

const reason = sshdAvailable() ?? machineIdsAvailable();
const title = `two boards behind one host name${reason === null ? '' : ` (skipped: ${reason})`}`;
// Three stages load TensorFlow once, on a busy machine half a minute each; the rest takes seconds.
describe.skipIf(reason !== null)(title, { timeout: 600_000 }, () => {
  test('plan believes the last answer, the next run asks and says that the board changed', async () => {
    await using rig = await PipelineRig.create({
      files: { 'keys/known_hosts': '' },
      copies: { package: sample('official'), texts: sample('texts') },
    });
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', rig.path('keys', 'client')]);
    const python = (await rig.run(['doctor', '--python'], { timeoutSeconds: 600 })).stdout.trim();
    const first = await boardAt(rig, 'a'.repeat(32));
    const device = {
      host: `${first.user}@${first.host}`,
      port: first.port,
      identity_file: first.identityFile,
      known_hosts_file: rig.path('keys', 'known_hosts'),
      root: rig.path('far'),
      python,
    };
    writeFileSync(rig.path('pipeline.yaml'), PIPELINE.replace('DEVICE', JSON.stringify(device)));

    const deployed = await runDeploy(rig);
    expect(deployed.result.exitCode, deployed.result.stderr).toBe(0);
    expect(deployed.notes).toEqual([]);
    expect(rig.files('artifacts/devices')).toEqual(['artifacts/devices/board.json']);
    expect((await runDeploy(rig)).started).toEqual([]);

    // A question would disturb whoever measures there now.
    const address = `${device.host}-${device.port}`.replace(/[^\w.=,@+-]/g, '_');
    const lock = tryLock(join(cacheFolder(process.env), 'locks', `device-${address}.lock`), 'a measurement');
    const meanwhile = await runDeploy(rig);
    lock?.release();
    expect(meanwhile.started).toEqual([]);
    expect(meanwhile.notes).toEqual([expect.stringContaining('another run works on it; taken to be still')]);

    // Nobody answers: the plan does not ask, and a run says so and goes by the last answer.
    await first.stop();
    expect(await planOf(rig)).toMatchObject({ action: 'reuse', reasons: [] });
    const alone = await runDeploy(rig);
    expect(alone.result.exitCode).toBe(0);
    expect(alone.started).toEqual([]);
    expect(alone.notes).toEqual([
      expect.stringMatching(
        /^board could not be asked .*nothing listens there; taken to be still the last one/,
      ),
    ]);

    // The other board takes its place.
    const second = await boardAt(rig, 'b'.repeat(32), first.port);
    try {
      expect(await planOf(rig)).toMatchObject({ action: 'reuse', reasons: [] });
      const swapped = await runDeploy(rig);
      expect(swapped.result.exitCode, swapped.result.stderr).toBe(0);
      expect(swapped.planned).toMatchObject({
        action: 'run',
        reasons: [{ kind: 'board-changed', device: 'board' }],
      });
      const [change] = swapped.planned?.reasons ?? [];
      const ids = change?.kind === 'board-changed' ? [change.before, change.after].map(idOf) : [];
      expect(new Set(ids).size).toBe(2);
      expect(swapped.started).toEqual([DEPLOY]);
      expect((await runDeploy(rig)).started).toEqual([]);
    } finally {
      await second.stop();
    }
  });
});

function idOf(board: string): string {
  return /, id ([0-9a-f]{12})$/.exec(board)?.[1] ?? '';
}
