import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../pipeline/config/load.js';
import { printDiagnostic } from '../../../pipeline/config/print-diagnostic.js';
import { definitions } from './fake-definitions.js';

// Each folder holds a pipeline.yaml with a mistake, perhaps the arguments it was called with, and the whole
// of what the user sees. `npx vitest run -u` writes expected.txt anew; read the difference before you keep it.
const folder = join(import.meta.dirname, '../../fixtures/config');
const cases = casesIn(folder);

// biome.json beside the cases keeps formatters off their mistakes.
function casesIn(path: string): string[] {
  const entries = readdirSync(path, { withFileTypes: true });
  return entries.flatMap((entry) => (entry.isDirectory() ? [entry.name] : [])).sort();
}

interface Arguments {
  readonly profiles?: readonly string[];
  readonly sets?: readonly string[];
}

function loadCase(name: string) {
  const argumentsFile = join(folder, name, 'arguments.json');
  const given: Arguments = existsSync(argumentsFile) ? JSON.parse(readFileSync(argumentsFile, 'utf8')) : {};
  const file = join(folder, name, 'pipeline.yaml');
  return loadConfig({
    file,
    text: readFileSync(file, 'utf8'),
    profiles: given.profiles ?? [],
    sets: given.sets ?? [],
    definitions,
  });
}

describe('diagnostics', () => {
  it('has at least 25 cases', () => {
    expect(cases.length).toBeGreaterThanOrEqual(25);
  });

  it('has a case for every code, and every code is documented', () => {
    const sources = join(import.meta.dirname, '../../../pipeline/config');
    const code = readdirSync(sources).map((file) => readFileSync(join(sources, file), 'utf8'));
    const literal = /(?:report|#fail)\(\s*'([a-z-]+)'/g;
    const used = new Set([...code.join('\n').matchAll(literal)].map((match) => match[1]));
    const shown = cases.map((name) => readFileSync(join(folder, name, 'expected.txt'), 'utf8')).join('\n');
    const inCases = new Set([...shown.matchAll(/error\[([a-z-]+)\]/g)].map((match) => match[1]));
    const page = join(import.meta.dirname, '../../../docs/reference/pipeline-yaml.md');
    const table = readFileSync(page, 'utf8').matchAll(/^\| `([a-z-]+)` +\| [^|]+\|$/gm);
    const documented = new Set([...table].map((match) => match[1]));
    expect(used.size).toBeGreaterThan(30);
    // A file of 250,000 characters is in a test of their own.
    expect([...used].filter((name) => !inCases.has(name))).toEqual(['file-too-large']);
    expect([...used, ...inCases].filter((name) => !documented.has(name))).toEqual([]);
  });

  it.each(cases)('%s', async (name) => {
    const result = loadCase(name);
    expect(result.ok).toBe(false);
    if (result.ok) return;
    const printed = result.error.map((diagnostic) =>
      printDiagnostic(diagnostic, { color: false, width: 110 }),
    );
    await expect(`${printed.join('\n\n')}\n`).toMatchFileSnapshot(join(folder, name, 'expected.txt'));
  });
});
