// Processes of the test scripts: started in the installation, waited for.
import { spawn } from 'node:child_process';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');

/** Its exit code; what it writes is seen at once. */
export function run(command, args, env = {}) {
  return new Promise((done, failed) => {
    const child = spawn(command, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } });
    child.on('error', failed);
    child.on('close', (exitCode) => done(exitCode ?? 1));
  });
}

/** The exit code of a build, which EDGELINE_BUILT=true says there is: two at once would write the same files. */
export function build() {
  if (process.env.EDGELINE_BUILT === 'true') return Promise.resolve(0);
  return run('npm', ['run', '--silent', 'build']);
}

/** Its exit code and what it wrote on stdout. */
export function capture(command, args, env = {}) {
  return new Promise((done, failed) => {
    const child = spawn(command, args, {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, ...env },
    });
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout += text;
    });
    child.on('error', failed);
    child.on('close', (exitCode) => done({ exitCode: exitCode ?? 1, stdout }));
  });
}
