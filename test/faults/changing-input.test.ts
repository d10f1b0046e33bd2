import { expect, it } from 'vitest';
import { PipelineRig } from '../rig/pipeline-rig.js';
import { gatedStudy, timesRun } from './gate.js';
import { recordedKeys } from './store-check.js';

it('a result of an input that changed meanwhile is not kept', async () => {
  await using rig = await PipelineRig.create({ files: { 'input.txt': 'one\n' } });
  rig.write('pipeline.yaml', gatedStudy(rig));
  const running = rig.start(['run', 'slow', '--json']);
  await running.seen(/"type":"instance-started"/);
  // The same size, so that only its content tells.
  rig.write('input.txt', 'two\n');
  rig.write('gate', '');
  const result = await running.result;
  expect(result.exitCode).toBe(1);
  const outcome = result
    .events()
    .flatMap((event) => (event.type === 'instance-finished' ? [event.outcome] : []))[0];
  expect(outcome?.failure).toEqual({ reason: 'input-changed', path: 'input.txt' });
  expect(recordedKeys(rig.root).size).toBe(0);
  expect(rig.exists('artifacts/out/slow')).toBe(false);

  const again = await rig.run(['run', 'slow']);
  expect(again.exitCode, again.stdout + again.stderr).toBe(0);
  expect(rig.read('artifacts/out/slow/text.txt')).toBe('two\n');
  expect(timesRun(rig)).toBe(2);
});

it('a worker that writes into its input is found out, and the input is whole for others', async () => {
  await using rig = await PipelineRig.create({
    pipeline: `version: 1
name: vandal
stages:
  first: { uses: command, with: { run: 'echo good > {outputs.text}', outputs: { text: text.txt } } }
  vandal: { uses: command, from: first, with: { run: 'echo bad > {inputs.first}; echo done > {outputs.text}', outputs: { text: text.txt } } }
  reader: { uses: command, from: first, with: { run: 'cat {inputs.first} > {outputs.text}', outputs: { text: text.txt } } }
`,
  });
  const vandal = await rig.run(['run', 'vandal', '--json']);
  expect(vandal.exitCode).toBe(1);
  const failures = vandal
    .events()
    .flatMap((event) => (event.type === 'instance-finished' ? [event.outcome.failure?.reason] : []));
  expect(failures).toContain('input-changed');
  const reader = await rig.run(['run', 'reader']);
  expect(reader.exitCode, reader.stdout + reader.stderr).toBe(0);
  expect(rig.read('artifacts/out/reader/text.txt')).toBe('good\n');
});
