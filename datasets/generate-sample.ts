/**
 * Makes the sample that Edgeline carries: `node dist/datasets/generate-sample.js datasets/sample`.
 * Everything in it is invented; equal code gives equal bytes.
 */
import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { writeSample } from './generator/layout.js';
import { Random } from './generator/random.js';
import { makeRows } from './generator/tweets.js';

/** Drawn once; another one would be another sample. */
export const SEED = 2013;

/** Writes `official/` and `texts/` below the folder, replacing what is there. */
export function generateSample(folder: string): void {
  for (const part of ['official', 'texts']) rmSync(join(folder, part), { recursive: true, force: true });
  writeSample(folder, makeRows(new Random(SEED)));
}

const [, script, folder] = process.argv;
if (script !== undefined && import.meta.url === pathToFileURL(resolve(script)).href) {
  if (folder === undefined) {
    process.stderr.write('usage: node dist/datasets/generate-sample.js OUT_FOLDER\n');
    process.exitCode = 2;
  } else {
    generateSample(folder);
  }
}
