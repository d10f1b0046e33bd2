import { expect, test } from 'vitest';
import { PipelineRig } from '../rig/pipeline-rig.js';
import { largestDifference, type ReferencePrediction, tinyReference } from '../rig/tiny-reference.js';

// Downloads 300 MB and compiles a binding: two minutes on two processors.
test('tfjs-node says what TensorFlow from Python says, tweet by tweet', { timeout: 900_000 }, async () => {
  await using rig = await PipelineRig.create({
    pipeline: tinyReference('{ runtime: tfjs-node, limit: 512 }'),
  });
  const result = await rig.run(['run', 'reference', 'again', '--json'], { timeoutSeconds: 800 });
  expect(result.exitCode, result.stderr).toBe(0);
  const read = (stage: string): ReferencePrediction[] =>
    rig
      .read(`artifacts/out/${stage}/model=tiny/evaluation/predictions.jsonl`)
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
  const [own, other] = [read('reference'), read('again')];
  expect(own).toHaveLength(512);
  expect(largestDifference(own, other)).toBeLessThan(1e-4);
  const { runtime, resizes } = JSON.parse(
    rig.read('artifacts/out/reference/model=tiny/evaluation/evaluation.json'),
  );
  expect(runtime.name).toMatch(/^tfjs-node 4\.22\.0, TensorFlow [\d.]+$/);
  expect(resizes).toBeGreaterThan(1);
});
