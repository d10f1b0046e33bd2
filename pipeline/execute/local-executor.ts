import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ok } from '../base/result.js';
import type { Executor } from '../contract/executor.js';
import { ATTEMPT_VARIABLE, newAttempt, startedAttempt } from './attempt-file.js';
import { openResumeFolder } from './resume-folder.js';
import { type UsageWatch, watchUsage } from './usage-sampler.js';
import { runWorker } from './worker-process.js';

/** Name of the file in `Work.folder` from which `endOrphans` knows what to end. */
export const ATTEMPT_FILE = 'attempt.json';

/** This machine: a process group for each attempt. Nothing of an attempt outlives the engine, except by its death. */
export function localExecutor(name: string): Executor {
  return {
    name,
    kind: 'local',
    slots: 'tokens',
    async run(work, onMessage, signal) {
      const started = performance.now();
      for (const folder of [work.job.out_dir, work.job.scratch_dir]) mkdirSync(folder, { recursive: true });
      openResumeFolder(work, onMessage);
      const file = join(work.folder, ATTEMPT_FILE);
      const attempt = newAttempt(file);
      let watch: UsageWatch | undefined;
      const result = await runWorker(
        {
          argv: work.argv,
          kind: work.kind,
          cwd: work.job.scratch_dir,
          env: { ...work.env, [ATTEMPT_VARIABLE]: attempt.marker },
          logFile: work.logFile,
          silenceLimitSeconds: work.silenceLimitSeconds,
          ...(work.timeoutSeconds === undefined ? {} : { timeoutSeconds: work.timeoutSeconds }),
          onSpawn: (pid) => {
            startedAttempt(file, attempt, pid);
            watch = watchUsage(pid);
          },
          onResult: () => watch?.look(),
        },
        onMessage,
        signal,
      );
      const usage = watch?.stop();
      if (!result.ok) return result;
      const wall_seconds = (performance.now() - started) / 1000;
      return ok({ summary: result.value, usage: { source: 'sampled', ...usage, wall_seconds } });
    },
    close: async () => undefined,
  };
}
