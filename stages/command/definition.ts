import { splitTemplate } from '../../pipeline/base/placeholders.js';
import type { OutputDefinition, StageDefinition } from '../../pipeline/contract/stage.js';
import { checkCommand } from './check.js';
import { options } from './options.js';

export const definition: StageDefinition = {
  id: 'command',
  version: 1,
  summary: 'Runs a program of yours on what other stages made; its exit code says whether it went well.',
  options,
  inputs: [{ name: 'input', artifact: '*', count: 'any' }],
  outputs: [],
  outputsOf: (given) =>
    Object.entries(options.parse(given).outputs).map(
      ([name, path]): OutputDefinition => ({
        name,
        artifact: name,
        path: path.replace(/\/$/, ''),
        kind: path.endsWith('/') ? 'tree' : 'file',
      }),
    ),
  check: (given, surroundings) => checkCommand(options.parse(given), surroundings),
  worker: { language: 'command', file: 'stages/command/definition.ts' },
  resolve(given) {
    const { run, files, env } = options.parse(given);
    const words = typeof run === 'string' ? [run] : run;
    const parts = words.flatMap((word) => splitTemplate(word));
    const resumes = parts.some((part) => part.kind === 'placeholder' && part.placeholder.kind === 'resume');
    return {
      // Paths are not in the key: what the files hold is, under their names.
      options: { run },
      external: Object.entries(files).map(([name, path]) => ({ name, path, inside: 'project' as const })),
      needs: { cpu: 1 },
      ...(resumes ? { resumable: true as const } : {}),
      command: {
        argv: words,
        shell: typeof run === 'string',
        env: [...new Set(env)].sort(),
      },
    };
  },
};
