import { join } from 'node:path';
import { ok } from '../../../pipeline/base/result.js';
import type { JobInput } from '../../../pipeline/contract/worker.js';
import { eachLine, type Read } from './file.js';
import { textKey, type Wording } from './inputs.js';

interface SplitRow {
  readonly id?: unknown;
  readonly entity?: unknown;
  readonly entity_name?: unknown;
  readonly text?: unknown;
}

/** Files of a split that the report has answers to. */
const FILES: Readonly<Record<string, string>> = {
  'fit-split': 'validation.jsonl',
  'test-split': 'test.jsonl',
};

/**
 * The names of entities and, where they may be shown, the texts of tweets.
 *
 * @param withTexts whether texts are kept: without it none ever comes near the report
 */
export async function readWording(
  splits: readonly JobInput[],
  withTexts: boolean,
  signal: AbortSignal,
): Read<Wording> {
  const texts = new Map<string, string>();
  const entityNames = new Map<string, string>();
  for (const input of splits) {
    const path = join(input.path, FILES[input.artifact] ?? '');
    const read = await eachLine(input, path, signal, (value) => {
      const row = value as SplitRow;
      if (typeof row !== 'object' || row === null) return 'it is no object';
      const { id, entity, entity_name, text } = row;
      if (typeof id !== 'string' || typeof entity !== 'string') return '`id` and `entity` must be strings';
      if (typeof entity_name === 'string' && entity_name !== '') entityNames.set(entity, entity_name);
      if (withTexts && typeof text === 'string') texts.set(textKey(entity, id), text);
      return undefined;
    });
    if (!read.ok) return read;
  }
  return ok({ texts, entityNames });
}
