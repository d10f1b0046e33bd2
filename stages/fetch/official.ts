import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { compareCodePoints, type Digest, digestOf, digestOfJson } from '../../pipeline/base/canonical.js';

const description = z.object({ official: z.object({ parts: z.record(z.string(), z.string()) }) });

/** Which parts of a package are those that the description declares. */
export interface OfficialParts {
  readonly same: readonly string[];
  /** Others, and those that are not there. */
  readonly different: readonly string[];
}

/**
 * Compares a package with what `datasets/*.source.yaml` declares.
 *
 * @param file the description; shipped with Edgeline, so one that does not parse is a bug of ours
 */
export function compareWithOfficial(root: string, file: string): OfficialParts {
  const { official } = description.parse(parse(readFileSync(file, 'utf8')));
  const parts = Object.entries(official.parts);
  const isSame = ([part, declared]: readonly [string, string]): boolean =>
    existsSync(join(root, part)) && partDigest(join(root, part)) === declared;
  return {
    same: parts.filter(isSame).map(([part]) => part),
    different: parts.filter((part) => !isSame(part)).map(([part]) => part),
  };
}

/** Of the names and contents of the tables in a folder; modes, times and what lies beside them are no part of it. */
export function partDigest(folder: string): Digest {
  const names = readdirSync(folder)
    .filter((name) => /\.(dat|tsv)$/.test(name))
    .sort(compareCodePoints);
  return digestOfJson(names.map((name) => [name, digestOf(readFileSync(join(folder, name)))]));
}
