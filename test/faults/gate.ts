import type { PipelineRig } from '../rig/pipeline-rig.js';

/**
 * A study whose stage `slow` notes that it runs and ends when the test opens its gate; it copies `input.txt`.
 * `other` has nothing to do with it.
 */
export function gatedStudy(rig: PipelineRig): string {
  return `version: 1
name: gated
stages:
  slow:
    uses: command
    with:
      run: [sh, -euc, 'echo ran >> "$1/count.txt"; while [ -e "$1/pipeline.yaml" ] && [ ! -e "$1/gate" ]; do sleep 0.02; done; cat "$2" > "$3"', sh, '${rig.root}', '{files.input}', '{outputs.text}']
      files: { input: input.txt }
      outputs: { text: text.txt }
  other: { uses: command, with: { run: 'echo other > {outputs.text}', outputs: { text: text.txt } } }
`;
}

export function timesRun(rig: PipelineRig): number {
  return rig.exists('count.txt') ? rig.read('count.txt').trimEnd().split('\n').length : 0;
}
