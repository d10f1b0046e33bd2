import { describe, expect, it } from 'vitest';
import type { Failure } from '../../../pipeline/contract/failure.js';
import type { Reason } from '../../../pipeline/contract/plan.js';
import { failureMessage } from '../../../pipeline/ui/messages.js';
import { groupedReasonText, reasonsText, reasonText } from '../../../pipeline/ui/reasons.js';

/** One of each; `satisfies` makes a new reason without an example here a compile error. */
const FAILURES = {
  'stage-error': {
    reason: 'stage-error',
    code: 'no-package',
    message: 'There is no folder ../data',
    hint: 'Set data.package',
  },
  'exit-nonzero': { reason: 'exit-nonzero', exitCode: 70, stderrTail: ['', 'ValueError: no'] },
  signal: { reason: 'signal', signal: 'SIGSEGV', stderrTail: [] },
  'timed-out': { reason: 'timed-out', limitSeconds: 3600 },
  'no-heartbeat': { reason: 'no-heartbeat', limitSeconds: 90 },
  'spawn-error': { reason: 'spawn-error', command: 'python3', message: 'not found' },
  'protocol-violation': { reason: 'protocol-violation', line: 'Epoch 1/3\x1b[2K', problem: 'It is not JSON' },
  'output-missing': { reason: 'output-missing', output: 'rows', path: 'rows.jsonl' },
  'input-changed': { reason: 'input-changed', path: 'data/E1.dat' },
  'executor-error': { reason: 'executor-error', executor: 'cluster', message: 'sbatch: no such partition' },
  'device-lost': { reason: 'device-lost', device: 'rpi4b', message: 'no answer for 30 s' },
  'store-error': { reason: 'store-error', path: 'artifacts/store', message: 'no space left on device' },
  'dependency-failed': { reason: 'dependency-failed', dependency: 'fetch' },
  'not-started': { reason: 'not-started', because: 'another-failed' },
  environment: { reason: 'environment', message: 'There is no Python', hint: 'Install Python 3.11' },
  aborted: { reason: 'aborted' },
} as const satisfies { readonly [R in Failure['reason']]: Extract<Failure, { reason: R }> };

const REASONS = {
  'never-ran': { kind: 'never-ran' },
  'record-missing': { kind: 'record-missing' },
  'stage-changed': { kind: 'stage-changed', before: 'convert', after: 'command' },
  'version-changed': { kind: 'version-changed', before: 1, after: 2 },
  'option-changed': { kind: 'option-changed', path: 'learning_rate', before: '2e-5', after: '1e-5' },
  'input-changed': { kind: 'input-changed', input: 'rows', instance: 'fetch' },
  'input-added': { kind: 'input-added', input: 'evaluation', instance: 'evaluate@seed=2' },
  'input-dropped': { kind: 'input-dropped', input: 'evaluation', instance: 'evaluate@seed=3' },
  'external-changed': { kind: 'external-changed', name: 'package', path: '../data/replab' },
  'code-changed': { kind: 'code-changed', file: 'stages/fine-tune/worker.py' },
  'code-added': { kind: 'code-added', file: 'stages/fine-tune/loss.py' },
  'code-removed': { kind: 'code-removed', file: 'stages/fine-tune/old.py' },
  'environment-changed': { kind: 'environment-changed', name: 'python', before: '3.11', after: '3.12' },
  'board-changed': { kind: 'board-changed', device: 'rpi4b', before: 'Pi 4 (a1b2)', after: 'Pi 4 (c3d4)' },
  'outputs-changed': { kind: 'outputs-changed' },
  'blob-missing': { kind: 'blob-missing', output: 'tflite' },
  'output-missing': { kind: 'output-missing', path: 'artifacts/convert/model.tflite' },
  'output-modified': { kind: 'output-modified', path: 'artifacts/convert/model.tflite' },
  'upstream-runs': { kind: 'upstream-runs', instance: 'fine-tune@seed=3' },
  'upstream-blocked': { kind: 'upstream-blocked', instance: 'fetch' },
  blocked: { kind: 'blocked', message: 'data.package is not set', hint: 'pass --set data.package=FOLDER' },
  forced: { kind: 'forced' },
} as const satisfies { readonly [K in Reason['kind']]: Extract<Reason, { kind: K }> };

describe('failureMessage', () => {
  it('has whole sentences for every failure: what, where, why and what next', () => {
    const messages = Object.values(FAILURES).map((failure) => {
      const { text, hint } = failureMessage(failure, 'fetch@seed=1', 'runs/1/fetch.log');
      return `${text}\n    ${hint}`;
    });
    expect(messages.join('\n')).toMatchInlineSnapshot(`
      "fetch@seed=1 failed: There is no folder ../data. [no-package]
          Set data.package.
      fetch@seed=1 failed: its worker ended with exit code 70 and gave no reason.
        It wrote at last:
        | ValueError: no
          The whole log is in runs/1/fetch.log. If nothing in it points to your input, this is a bug of ours: please report it with the log.
      fetch@seed=1 failed: its worker was ended by SIGSEGV.
          The whole log is in runs/1/fetch.log.
      fetch@seed=1 failed: it did not finish within its limit of 1h00m and was stopped.
          Raise the limit if the work is really that long. The whole log is in runs/1/fetch.log.
      fetch@seed=1 failed: its worker said nothing for 1m30s, so it hangs, and was stopped.
          The whole log is in runs/1/fetch.log.
      fetch@seed=1 failed: its worker could not be started with python3: not found.
          Run \`npx pipeline doctor\` to see what is missing.
      fetch@seed=1 failed: its worker broke the protocol: It is not JSON. The line was: "Epoch 1/3"
          Only the protocol may be written to file descriptor 3; everything else belongs on stdout or stderr. The whole log is in runs/1/fetch.log.
      fetch@seed=1 failed: it ended well, but did not write its output rows (rows.jsonl).
          The whole log is in runs/1/fetch.log.
      fetch@seed=1 failed: data/E1.dat changed while it was being read, so the result could not be trusted and was not kept.
          Run the same command again when nothing else writes to that file.
      fetch@seed=1 failed: executor cluster: sbatch: no such partition.
          The whole log is in runs/1/fetch.log.
      fetch@seed=1 failed: the connection to device rpi4b was lost: no answer for 30 s.
          Check its power and network, then run the same command again; what is done stays done.
      fetch@seed=1 failed: its result could not be stored at artifacts/store: no space left on device.
          Check free space and permissions there, then run the same command again.
      fetch@seed=1 was skipped, because fetch failed.
          null
      fetch@seed=1 was not started, because another instance had failed.
          null
      fetch@seed=1 failed: There is no Python.
          Install Python 3.11.
      fetch@seed=1 was stopped before it was done.
          Run the same command again; finished work is reused."
    `);
  });

  it('names the place in a file of the user', () => {
    const failure: Failure = { ...FAILURES['stage-error'], file: 'data/E1.dat', line: 7 };
    expect(failureMessage(failure, 'fetch').text).toContain(
      'fetch failed: data/E1.dat:7: There is no folder ../data.',
    );
  });

  it('lets no control characters of a worker through', () => {
    for (const failure of Object.values(FAILURES))
      expect(failureMessage(failure, 'x').text).not.toContain('\x1b');
  });
});

describe('reasonText', () => {
  it('has words for every reason', () => {
    expect(Object.values(REASONS).map(reasonText).join('\n')).toMatchInlineSnapshot(`
      "never ran before
      the record of its last result is gone or damaged
      uses convert -> command
      stage version 1 -> 2
      learning_rate 2e-5 -> 1e-5
      input changed: rows of fetch
      input added: evaluation of evaluate@seed=2
      input dropped: evaluation of evaluate@seed=3
      package (../data/replab) changed
      stages/fine-tune/worker.py changed
      stages/fine-tune/loss.py is new
      stages/fine-tune/old.py is no longer used
      python 3.11 -> 3.12
      board changed on rpi4b: Pi 4 (a1b2) -> Pi 4 (c3d4)
      the stage declares other outputs
      tflite is no longer in the store
      artifacts/convert/model.tflite is missing
      artifacts/convert/model.tflite was modified
      fine-tune@seed=3 runs first
      fetch is blocked
      data.package is not set; pass --set data.package=FOLDER
      forced"
    `);
  });

  it('says the same for all elements of a matrix when grouped', () => {
    expect(groupedReasonText(REASONS['upstream-runs'])).toBe('fine-tune runs first');
  });

  it('ends a long list with how many more there are', () => {
    expect(reasonsText(['a', 'b', 'b', 'c', 'd', 'e'])).toBe('a; b; c; and 2 more');
  });
});
