// The last step of `npm run build`: the command line as few files in dist/bundle, and what V8 makes of them. Resolving some
// 200 modules one by one and compiling them was most of the time of a run with nothing to do. Workers are not bundled: their code is
// fingerprinted file by file.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');
const bundle = await rolldown({
  input: `${dist}/pipeline/cli/main.js`,
  platform: 'node',
  // They load compiled add-ons by path, and only where devices and meters are asked; the last is there in a checkout only.
  external: ['ssh2', 'cpu-features', 'serialport', 'playwright-core'],
  // A module that is loaded late by one command and early by another is as meant.
  checks: { ineffectiveDynamicImport: false },
});
await bundle.write({
  dir: `${dist}/bundle`,
  format: 'cjs',
  entryFileNames: '[name].cjs',
  chunkFileNames: '[name]-[hash].cjs',
  cleanDir: true,
});
await bundle.close();

const STUDY = `version: 1
name: warm-up
axes: { seed: [1, 2, 3] }
stages:
  one: { uses: command, matrix: [seed], with: { run: "echo {coordinates.seed} > {outputs.text}", outputs: { text: text.txt } } }
  two: { uses: command, from: one, with: { run: "cat {inputs.one} > {outputs.text}", outputs: { text: text.txt } } }
`;
const CACHES = `
const { loadBundle, writeCodeCaches } = require(process.argv[1]);
(async () => {
  const { main } = loadBundle('main.cjs');
  for (const command of [['run', 'all'], ['run', 'all'], ['plan', 'all', '--json'], ['status']]) await main(command);
  writeCodeCaches();
})();`;
const project = mkdtempSync(join(tmpdir(), 'edgeline-warm-up-'));
try {
  writeFileSync(join(project, 'pipeline.yaml'), STUDY);
  execFileSync(process.execPath, ['-e', CACHES, join(root, 'bin', 'load-bundle.cjs')], {
    cwd: project,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
} finally {
  rmSync(project, { recursive: true, force: true });
}
