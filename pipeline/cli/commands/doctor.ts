import { existsSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { execa } from 'execa';
import { ensureEnvironment, existingEnvironment } from '../../execute/python-environment.js';
import { findPython } from '../../execute/python-interpreter.js';
import { failureMessage } from '../../ui/messages.js';
import { EXIT } from '../exit-codes.js';
import { cacheFolder, installationRoot, pythonOptions } from '../installation.js';
import { complain } from '../prepare.js';
import { profileNames } from '../profiles.js';
import { openProject, type ProjectOptions } from '../project.js';

interface Check {
  /** Which profile needs it; null for all. */
  readonly profile: string | null;
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
  /** What to do when it is not there. */
  readonly hint: string | null;
}

/** `pipeline doctor`: looks at this machine and says what each profile needs and what is missing. Changes nothing. */
export async function doctor(
  options: ProjectOptions & { readonly json: boolean; readonly python: boolean },
): Promise<number> {
  if (options.python) return printPython();
  const checks = [...(await machineChecks()), ...profileChecks(options)];
  const missing = checks.some((check) => !check.ok && check.profile === null);
  if (options.json) process.stdout.write(`${JSON.stringify(checks, null, 2)}\n`);
  else for (const check of checks) process.stdout.write(`${checkLine(check)}\n`);
  return missing ? EXIT.failed : EXIT.ok;
}

async function printPython(): Promise<number> {
  const options = pythonOptions(installationRoot(), process.env);
  const tell = (message: string, done?: number, total?: number): void => {
    process.stderr.write(`python: ${message}${done === undefined ? '' : ` (${done} of ${total})`}\n`);
  };
  const environment = await ensureEnvironment(options, tell, new AbortController().signal);
  if (environment.ok) {
    process.stdout.write(`${environment.value.python}\n`);
    return EXIT.ok;
  }
  const { text, hint } = failureMessage(environment.error, 'setup');
  return complain(text, hint ?? '', EXIT.failed);
}

async function machineChecks(): Promise<readonly Check[]> {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const nodeOk = major > 20 || (major === 20 && minor >= 19);
  const options = pythonOptions(installationRoot(), process.env);
  const environment = existingEnvironment(options);
  const interpreter = environment === null ? await findPython(options.preferred) : null;
  const general = (name: string, ok: boolean, detail: string, hint: string): Check => ({
    profile: null,
    name,
    ok,
    detail,
    hint: ok ? null : hint,
  });
  const checks = [general('node', nodeOk, process.versions.node, 'install Node 20.19 or newer')];
  if (interpreter === null || interpreter.ok) {
    const detail =
      environment === null
        ? `${interpreter?.value.path}; the environment is made at the first run`
        : environment.python;
    checks.push(general('python', true, detail, ''));
  } else {
    const { text, hint } = failureMessage(interpreter.error, 'setup');
    checks.push(general('python', false, text, hint ?? ''));
  }
  for (const [name, flag] of [
    ['rsync', '--version'],
    ['ssh', '-V'],
  ] as const) {
    const answer = await execa(name, [flag], { reject: false, all: true, stdin: 'ignore' });
    const detail = answer.exitCode === 0 ? (answer.all.split('\n')[0] ?? '') : 'not found';
    checks.push(
      general(
        name,
        answer.exitCode === 0,
        detail,
        `install ${name} (Debian: apt install rsync openssh-client)`,
      ),
    );
  }
  const gib = (totalmem() / 2 ** 30).toFixed(1);
  checks.push(general('machine', true, `${availableParallelism()} processors, ${gib} GiB of memory`, ''));
  checks.push(general('cache', true, cacheFolder(process.env), ''));
  return checks;
}

/** What cannot be planned in each profile, in the words of the stages themselves. */
function profileChecks(options: ProjectOptions): readonly Check[] {
  const profiles = options.profile === undefined ? profileNames(options) : [options.profile];
  return profiles.flatMap((profile): readonly Check[] => {
    const opened = openProject({ ...options, profile });
    if (!opened.ok) {
      const problem =
        opened.error.kind === 'no-file'
          ? opened.error.message
          : `${opened.error.diagnostics.length} problems in pipeline.yaml`;
      return [
        {
          profile,
          name: 'configuration',
          ok: false,
          detail: problem,
          hint: `see them with: pipeline plan all --profile ${profile}`,
        },
      ];
    }
    const problems = new Map<string, Check>();
    for (const { resolved, id } of opened.value.graph.instances) {
      if ('blocked' in resolved) {
        problems.set(resolved.blocked, {
          profile,
          name: 'blocked',
          ok: false,
          detail: `${id}: ${resolved.blocked}`,
          hint: resolved.hint,
        });
        continue;
      }
      for (const { name, path } of resolved.external) {
        if (existsSync(isAbsolute(path) ? path : join(opened.value.config.root, path))) continue;
        const detail = `${id}: there is no ${path} (${name})`;
        problems.set(detail, { profile, name: 'input', ok: false, detail, hint: 'check the path' });
      }
    }
    if (problems.size > 0) return [...problems.values()];
    return [
      {
        profile,
        name: 'ready',
        ok: true,
        detail: `${opened.value.graph.instances.length} instances`,
        hint: null,
      },
    ];
  });
}

function checkLine(check: Check): string {
  const where = check.profile === null ? '' : `profile ${check.profile}: `;
  return `${check.ok ? 'ok     ' : 'missing'} ${where}${check.name}: ${check.detail}${check.hint === null ? '' : `\n        ${check.hint}`}`;
}
