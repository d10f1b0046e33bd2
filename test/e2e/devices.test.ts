import { describe, expect, test } from 'vitest';
import type { DeviceCheck } from '../../pipeline/cli/device-checks.js';
import type { DeviceConfig } from '../../pipeline/contract/config.js';
import { PipelineRig } from '../rig/pipeline-rig.js';
import { sshdAvailable, startSshd } from '../rig/sshd.js';

const PIPELINE = `version: 1
name: devices
stages: { fetch: { uses: fetch, with: { source: sample } } }
devices:
  attic: { host: pi@127.0.0.1, port: 1, threads: 4, known_hosts_file: /nowhere/known_hosts }
  desk: DEVICE
`;

const reason = sshdAvailable();
// LiteRT is imported three times, on a busy machine a few seconds each.
describe.skipIf(reason !== null)(
  `devices${reason === null ? '' : ` (skipped: ${reason})`}`,
  { timeout: 120_000 },
  () => {
    test('are listed, probed, checked and cleaned; what cannot be reached is said with a way out', async () => {
      await using rig = await PipelineRig.create({});
      const sshd = await startSshd();
      try {
        const python = (await rig.run(['doctor', '--python'], { timeoutSeconds: 600 })).stdout.trim();
        const desk = {
          host: `${sshd.user}@${sshd.host}`,
          port: sshd.port,
          identity_file: sshd.identityFile,
          known_hosts_file: sshd.knownHostsFile,
          root: rig.path('far'),
          python,
        };
        rig.write('pipeline.yaml', PIPELINE.replace('DEVICE', JSON.stringify(desk)));

        const list = (await rig.run(['devices', 'list', '--json'])).json() as DeviceConfig[];
        expect(list.map(({ name, host, port }) => [name, host, port])).toEqual([
          ['attic', 'pi@127.0.0.1', 1],
          ['desk', desk.host, desk.port],
        ]);

        const probe = (await rig.run(['devices', 'probe', 'desk', '--json'])).json();
        expect(probe).toMatchObject({
          device: 'desk',
          litert: expect.stringMatching(/^2\./),
          python_path: python,
          root: rig.path('far'),
          emulated: false,
        });

        const ready = await rig.run(['devices', 'doctor', 'desk', '--json']);
        expect(ready.exitCode, ready.stdout).toBe(0);
        const states = (ready.json() as DeviceCheck[]).map(({ name, state }) => [name, state]);
        expect(states).toContainEqual(['litert', 'ok']);
        const none = await rig.run(['devices', 'doctor', 'attic', '--json']);
        expect(none.exitCode).toBe(1);
        expect(none.json()).toEqual([
          {
            device: 'attic',
            name: 'connection',
            state: 'missing',
            detail: 'no connection to pi@127.0.0.1 (port 1): nothing listens there',
            hint: 'Is the device on, in this network, and does its ssh server run?',
          },
        ]);

        const written = rig.read('pipeline.yaml');
        const reach = ['--port', String(sshd.port), '--identity-file', sshd.identityFile];
        const known = ['--known-hosts-file', sshd.knownHostsFile];
        const there = ['devices', 'add', 'annex', sshd.host, '--user', sshd.user, '--threads', '2'];
        const strange = await rig.run([...there, ...known, '--port', '1']);
        expect(strange.exitCode).toBe(1);
        expect(strange.stderr).toMatch(
          /^error: no connection to \S+ \(port 1\).*pipeline\.yaml is as it was/s,
        );
        expect((await rig.run(['devices', 'add', 'desk', 'pi@x'])).exitCode).toBe(2);
        expect(rig.read('pipeline.yaml')).toBe(written);
        const added = await rig.run([
          ...there,
          ...known,
          ...reach,
          '--python',
          python,
          '--root',
          rig.path('far'),
          '--json',
        ]);
        expect(added.json()).toMatchObject({
          added: { name: 'annex', transport: 'ssh', host: desk.host, port: sshd.port, threads: 2 },
          file: 'pipeline.yaml',
          line: 7,
          probe: { device: 'annex', litert: expect.stringMatching(/^2\./) },
        });
        expect(rig.read('pipeline.yaml').startsWith(`${written}  annex: { host: ${desk.host}, port: `)).toBe(
          true,
        );
        const listed = (await rig.run(['devices', 'list', '--json'])).json() as DeviceConfig[];
        expect(listed.map(({ name }) => name)).toEqual(['annex', 'attic', 'desk']);

        rig.write('far/bundles/old/model.tflite', 'model');
        const would = await rig.run(['devices', 'clean', 'desk', '--dry-run']);
        expect(would.stdout).toBe(`would be removed:\n${rig.path('far')}/bundles: 0.0 MB\n`);
        expect(rig.exists('far/bundles/old/model.tflite')).toBe(true);
        expect((await rig.run(['devices', 'clean', 'desk'])).exitCode).toBe(0);
        expect(rig.exists('far')).toBe(false);

        const unknown = await rig.run(['devices', 'probe', 'cellar']);
        expect(unknown.exitCode).toBe(2);
        expect(unknown.stderr).toBe(
          "error: there is no device named 'cellar'\n  known devices: annex, attic, desk\n",
        );
      } finally {
        await sshd.stop();
      }
    });
  },
);
