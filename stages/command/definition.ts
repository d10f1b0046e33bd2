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
    return {
      // Paths are not in the key: what the files hold is, under their names.
      options: { run },
      external: Object.entries(files).map(([name, path]) => ({ name, path, inside: 'project' as const })),
      needs: { cpu: 1 },
      command: {
        ...(typeof run === 'string' ? { argv: [run], shell: true } : { argv: run, shell: false }),
        env: [...new Set(env)].sort(),
      },
    };
  },
};
