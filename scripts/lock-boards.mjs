// Makes pipeline/devices/board-requirements.lock: for each line of board-requirements.in the SHA-256 of the wheels that pip
// downloads for every board we know. Run after changing the .in file (needs `npm run build` and the package registry).
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root, run } from './processes.mjs';
import { pythonEnvironment } from './pytest.mjs';

const { BOARD_ARCHITECTURES, BOARD_PYTHONS, downloadArguments, parseRequirements, requirementsFor } =
  await import('../dist/pipeline/devices/board-lock.js');
const { python } = await pythonEnvironment();
const file = (ending) => join(root, 'pipeline', 'devices', `board-requirements.${ending}`);
const wanted = parseRequirements(readFileSync(file('in'), 'utf8'));
const hashes = new Map(wanted.map((requirement) => [requirement, new Set()]));
for (const version of BOARD_PYTHONS) {
  for (const architecture of BOARD_ARCHITECTURES) {
    for (const requirement of requirementsFor(wanted, version)) {
      const folder = mkdtempSync(join(tmpdir(), 'edgeline-lock-'));
      try {
        const platform = { python: version, architecture };
        const exitCode = await run(python, downloadArguments(platform, folder, [requirement.pin]));
        if (exitCode !== 0)
          throw new Error(`${requirement.pin} has no wheel for ${version} on ${architecture}`);
        for (const name of readdirSync(folder)) {
          const digest = createHash('sha256')
            .update(readFileSync(join(folder, name)))
            .digest('hex');
          hashes.get(requirement).add(digest);
        }
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    }
  }
}
const lines = wanted.map((requirement) => {
  const { pin, marker } = requirement;
  const condition = marker === null ? '' : ` ; python_version ${marker.relation} "${marker.python}"`;
  const listed = [...hashes.get(requirement)].sort().map((digest) => ` \\\n    --hash=sha256:${digest}`);
  return `${pin}${condition}${listed.join('')}\n`;
});
writeFileSync(file('lock'), lines.join(''));
