import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadConfig } from '../../../pipeline/config/load.js';
import { printDiagnostic } from '../../../pipeline/config/print-diagnostic.js';
import type { Diagnostic } from '../../../pipeline/contract/diagnostic.js';
import { definitions } from './fake-definitions.js';

const FILES = 1000;
const BASE = readFileSync(
  join(import.meta.dirname, '../../fixtures/config/unknown-profile/pipeline.yaml'),
  'utf8',
);
// biome-ignore format: one a line would take forty lines
const PIECES = [
  '*', '&a ', '*a', '<<: ', '[', ']', '{', '}', ': ', '- ', '? ', '|', '>', '"', "'", '#', '\t', '\n', '\r\n',
  '---\n', '!!int ', '!x ', '~', 'null', '.nan', '-.inf', '1e999', '9'.repeat(40), '\uFEFF', '\u0000', '\uD800',
  '👩‍👩‍👧', '日本', '__proto__: ', 'constructor: ', 'hasOwnProperty', '@*', '%YAML 1.1\n', '=', ',', '[[[[[[',
];

/** A small generator with a seed (mulberry32), so that a failure can be had again. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

function mutate(text: string, random: (below: number) => number): string {
  const at = random(text.length + 1);
  const length = random(12);
  const lines = text.split('\n');
  const line = random(lines.length);
  switch (random(8)) {
    case 0:
      return text.slice(0, at) + text.slice(at + length);
    case 1:
      return text.slice(0, at) + (PIECES[random(PIECES.length)] ?? '') + text.slice(at);
    case 2:
      return text.slice(0, at);
    case 3:
      return [...lines.slice(0, line), ...lines.slice(line + 1)].join('\n');
    case 4:
      return [...lines.slice(0, line), lines[line] ?? '', ...lines.slice(line)].join('\n');
    case 5:
      return [
        ...lines.slice(0, line),
        `${' '.repeat(random(4))}${lines[line] ?? ''}`,
        ...lines.slice(line + 1),
      ].join('\n');
    case 6: {
      const from = random(text.length + 1);
      return text.slice(0, at) + text.slice(from, from + length) + text.slice(at);
    }
    default:
      return text.slice(0, at) + String.fromCharCode(random(0x250)) + text.slice(at + 1);
  }
}

function isDrawable(diagnostic: Diagnostic): boolean {
  const { range } = diagnostic;
  if (range === undefined || range.text.includes('\n') || range.column > range.text.length + 1) return false;
  return printDiagnostic(diagnostic, { color: false, width: 80 }).includes('^');
}

it(`never throws or hangs on ${FILES} damaged files, and draws what it says`, { timeout: 60_000 }, () => {
  const undrawable: number[] = [];
  let failed = 0;
  let slowest = 0;
  for (let seed = 0; seed < FILES; seed += 1) {
    const random = randomFrom(seed);
    let text = BASE;
    for (let count = random(4) + 1; count > 0; count -= 1) text = mutate(text, random);
    const sets = random(4) === 0 ? [mutate('stages.fine-tune.with.learning_rate=0.1', random)] : [];
    const start = performance.now();
    const result = loadConfig({ file: '/p/pipeline.yaml', text, profiles: [], sets, definitions });
    slowest = Math.max(slowest, performance.now() - start);
    if (result.ok) continue;
    failed += 1;
    if (!result.error.every(isDrawable) || result.error.length === 0) undrawable.push(seed);
  }
  expect(undrawable).toEqual([]);
  expect(failed).toBeGreaterThan(FILES / 2);
  expect(slowest).toBeLessThan(2000);
});
