import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { RunRecord, TreeManifest } from '../../pipeline/contract/store.js';
import { type ExpectedInstance, expectedOf, inputText, sha256 } from './matrix-study.js';

/** All that is wrong with a store, in words; looked at without the engine's own code. */
export function storeProblems(root: string, versions: readonly number[]): readonly string[] {
  const store = join(root, 'artifacts', 'store', 'v1');
  const problems: string[] = [];
  for (const blob of filesBelow(join(store, 'blobs'))) {
    if (blob.endsWith('.tmp')) continue;
    if (sha256(readFileSync(blob)) !== basename(blob))
      problems.push(`blob ${basename(blob)} has other content`);
  }
  const truths = versions.map(truthOf);
  for (const path of filesBelow(join(store, 'actions'))) {
    if (path.endsWith('.tmp')) continue;
    const record = readRecord(path);
    if (record === null) problems.push(`record ${basename(path)} cannot be read`);
    else problems.push(...recordProblems(store, record, truths));
  }
  return problems;
}

/** Keys of all records. */
export function recordedKeys(root: string): ReadonlySet<string> {
  return new Set(
    filesBelow(join(root, 'artifacts/store/v1/actions')).filter((path) => !path.endsWith('.tmp')),
  );
}

export function recordsOf(root: string): readonly RunRecord[] {
  return [...recordedKeys(root)].flatMap((path) => readRecord(path) ?? []);
}

/**
 * For each instance the version of the input whose result its outputs folder shows; a problem where that is no version's.
 * An instance without a folder is in neither.
 */
export function shownVersions(
  root: string,
  versions: readonly number[],
): { readonly shown: ReadonlyMap<string, number>; readonly problems: readonly string[] } {
  const shown = new Map<string, number>();
  const problems: string[] = [];
  for (const { id, folder } of expectedOf(1)) {
    const place = join(root, 'artifacts/out', folder);
    if (!existsSync(place)) continue;
    const version = versions.findLast((candidate) =>
      expectedOf(candidate).some((instance) => instance.id === id && isShown(place, instance)),
    );
    if (version === undefined) problems.push(`artifacts/out/${folder} shows the result of no version`);
    else shown.set(id, version);
  }
  return { shown, problems };
}

interface Truth {
  readonly inputDigest: string;
  readonly instances: ReadonlyMap<string, ExpectedInstance>;
}

function truthOf(version: number): Truth {
  return {
    inputDigest: `sha256:${sha256(inputText(version))}`,
    instances: new Map(expectedOf(version).map((instance) => [instance.id, instance])),
  };
}

function recordProblems(store: string, record: RunRecord, truths: readonly Truth[]): readonly string[] {
  const where = `record of ${record.instance} (${record.key.slice(7, 15)}, run ${record.run})`;
  const read = new Map(record.document.inputs.map((input) => [input.instance, input.digest]));
  const truth = truths.find(({ inputDigest, instances }) => {
    const instance = instances.get(record.instance);
    if (instance === undefined) return false;
    if (instance.id === 'source') return record.document.external.input === inputDigest;
    return instance.reads.every((id) => {
      const from = instances.get(id);
      return from !== undefined && contentOf(store, read.get(id), from) === null;
    });
  });
  const instance = truth?.instances.get(record.instance);
  if (instance === undefined) return [`${where}: what it read is no version of its inputs`];
  const problem = contentOf(store, record.outputs[instance.output]?.digest, instance);
  return problem === null ? [] : [`${where}: ${problem}`];
}

/** Null when the stored artifact is exactly what the instance must make. */
function contentOf(store: string, digest: string | undefined, instance: ExpectedInstance): string | null {
  if (digest === undefined) return `no output ${instance.output}`;
  const hex = digest.slice(7);
  const blob = (name: string) => join(store, 'blobs', name.slice(0, 2), name);
  if ('' in instance.files) {
    if (hex !== instance.files['']) return 'its content is that of another input';
    return existsSync(blob(hex)) ? null : `blob ${hex} is not there`;
  }
  const tree = join(store, 'trees', hex.slice(0, 2), `${hex}.json`);
  if (!existsSync(tree)) return `manifest ${hex} is not there`;
  const manifest = JSON.parse(readFileSync(tree, 'utf8')) as TreeManifest;
  const found = Object.fromEntries(manifest.files.map((file) => [file.path, file.digest.slice(7)]));
  if (!sameFiles(found, instance.files)) return 'its files are those of another input';
  const missing = Object.values(found).find((name) => !existsSync(blob(name)));
  return missing === undefined ? null : `blob ${missing} is not there`;
}

function isShown(place: string, instance: ExpectedInstance): boolean {
  const root = join(place, instance.path);
  if (!existsSync(root)) return false;
  const found: Record<string, string> = {};
  if (lstatSync(root).isDirectory()) {
    for (const path of filesBelow(root)) found[path.slice(root.length + 1)] = hashOf(path);
  } else found[''] = hashOf(root);
  return readdirSync(place).length === 1 && sameFiles(found, instance.files);
}

function sameFiles(
  found: Readonly<Record<string, string>>,
  wanted: Readonly<Record<string, string>>,
): boolean {
  const names = Object.keys(wanted);
  return names.length === Object.keys(found).length && names.every((name) => found[name] === wanted[name]);
}

function hashOf(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

function readRecord(path: string): RunRecord | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as RunRecord;
  } catch {
    return null;
  }
}

/** Absolute paths of all files below a folder; none when there is no folder. */
export function filesBelow(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
