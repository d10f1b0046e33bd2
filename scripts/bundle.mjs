// The last step of `npm run build`: the command line as few files in dist/bundle. Resolving some 200 modules one by one was
// half of the time of a run with nothing to do. Workers are not bundled: their code is fingerprinted file by file.
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const dist = fileURLToPath(new URL('../dist', import.meta.url));
const bundle = await rolldown({
  input: `${dist}/pipeline/cli/main.js`,
  platform: 'node',
  // Both load compiled add-ons by path, and only where devices are asked.
  external: ['ssh2', 'cpu-features'],
  // A module that is loaded late by one command and early by another is as meant.
  checks: { ineffectiveDynamicImport: false },
});
await bundle.write({ dir: `${dist}/bundle`, format: 'esm', cleanDir: true });
await bundle.close();
