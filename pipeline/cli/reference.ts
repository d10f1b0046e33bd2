import type { Command } from 'commander';
import { EXIT } from './exit-codes.js';
import { buildProgram } from './main.js';

const EXIT_MEANINGS: Readonly<Record<keyof typeof EXIT, string>> = {
  ok: 'everything asked for is done',
  failed:
    'a stage failed, something on this machine is missing, `verify` found a result that comes out otherwise, an energy is INVALID, `report --compare` found something worse or nothing that it can judge, or `audit --strict` has findings',
  usage: 'the command line or pipeline.yaml is wrong; nothing was run',
  wouldRun: '`plan --check`: something would run',
  aborted: 'ended by Ctrl-C or SIGTERM; finished work is kept',
};

const SELECTORS = [
  '## Selectors',
  '',
  '| selector | means |',
  '|---|---|',
  '| `all` | everything in the profile |',
  '| `fine-tune`, `fine-tune@*` | all elements of that stage |',
  '| `fine-tune@seed=3` | those with that value, whatever their other axes |',
  '| `fine-tune@seed=1,seed=3,model=small` | an axis that is named twice may have either value |',
  '',
  'What they read runs too where it must. `--only` forbids that; `--from` runs what reads them as well. Selectors beside `--from` or',
  '`--failed` narrow these down: `run report --from fine-tune@seed=3`, `run fine-tune --failed`.',
  '',
];

/** `docs/reference/cli.md`, made from the command table itself. */
export function cliReference(): string {
  const program = buildProgram(() => undefined);
  const lines = ['# Command line', '', 'Made from the command table by `npm run docs`; do not edit.', ''];
  const commands = program.commands.flatMap((command) =>
    command.commands.length === 0 ? [command] : command.commands,
  );
  for (const command of commands) {
    const name = nameOf(command);
    lines.push(
      `## ${name}`,
      '',
      command.description(),
      '',
      '```',
      `npx ${name} ${command.usage()}`,
      '```',
      '',
    );
    lines.push('| option | meaning |', '|---|---|');
    for (const option of command.options) {
      lines.push(`| \`${option.flags}\` | ${option.description.replaceAll('|', '\\|')} |`);
    }
    lines.push('');
  }
  lines.push(...SELECTORS, '## Exit codes', '', '| code | meaning |', '|---|---|');
  for (const [name, code] of Object.entries(EXIT)) {
    lines.push(`| ${code} | ${EXIT_MEANINGS[name as keyof typeof EXIT]} |`);
  }
  lines.push(
    '',
    '## Environment',
    '',
    '| variable | meaning |',
    '|---|---|',
    '| `EDGELINE_CACHE` | folder for Python environments and checked downloads (default: `~/.cache/edgeline`) |',
    '| `EDGELINE_LEASES` | on a board: folder of its lease, in place of `/run/lock` or `/tmp`; for tests, since who has another folder measures beside the others |',
    '| `EDGELINE_PYTHON` | the Python to make the environment from, in place of a search |',
    '| `EDGELINE_CUDA` | any value: Python environment with TensorFlow for NVIDIA graphics processors (Linux on x86-64, 3 GB); it is in the keys of Python stages |',
    '| `EDGELINE_SILENCE_SECONDS` | end a worker that says nothing for so long (default: 300) |',
    '| `X_BEARER_TOKEN` | bearer token of your app at X, for the stage `hydrate` alone; never printed, kept or part of a key |',
    '| `NO_COLOR`, `FORCE_COLOR` | obeyed |',
    '',
  );
  return lines.join('\n');
}

/** With those above it: `pipeline store verify`. */
function nameOf(command: Command): string {
  return command.parent === null ? command.name() : `${nameOf(command.parent)} ${command.name()}`;
}
