import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/** Between the ids of two copies: more than the sample's own lie apart. */
const ID_STEP = 20_000_000_000_000_000n;

export interface GeneratedReplab {
  readonly package: string;
  readonly texts: string;
  /** Labelled lines. */
  readonly rows: number;
}

/**
 * Writes the synthetic sample again and again, in the organisers' layout, each copy with entities, ids and texts of its own, until there
 * are so many labelled lines.
 *
 * @param sample with `official/` and `texts/`
 */
export function writeGeneratedReplab(sample: string, folder: string, rows: number): GeneratedReplab {
  const files = readdirSync(sample, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(sample, join(entry.parentPath, entry.name)))
    // Bytes as they are: some files are no UTF-8.
    .map((path) => ({ path, text: readFileSync(join(sample, path), 'latin1') }));
  const own = files
    .filter(({ path }) => path.includes('labeled'))
    .reduce((sum, { text }) => sum + linesOf(text), 0);
  const copies = Math.ceil(rows / own);
  const entities: string[] = [];
  for (const { path, text } of files) {
    const isList = path.endsWith('entities.tsv');
    for (let copy = 0; copy < copies; copy += 1) {
      const content = copied(text, copy, path.startsWith('texts'));
      if (isList) entities.push(copy === 0 ? content : content.slice(content.indexOf('\n') + 1));
      else write(join(folder, path.replace(/(\.\w+)$/, `${suffix(copy)}$1`)), content);
    }
    if (isList) write(join(folder, path), entities.join(''));
  }
  return { package: join(folder, 'official'), texts: join(folder, 'texts'), rows: copies * own };
}

const suffix = (copy: number): string => (copy === 0 ? '' : `C${copy}`);

function copied(text: string, copy: number, isText: boolean): string {
  if (copy === 0) return text;
  const named = text
    .replace(/"(SY\w+)"/g, `"$1${suffix(copy)}"`)
    // Downwards: upwards the largest would get a digit more.
    .replace(/"(9\d{18})"/g, (_, id: string) => `"${BigInt(id) - BigInt(copy) * ID_STEP}"`);
  // The header and rows without a text stay.
  return isText ? named.replace(/^("\d{19}".*[^"\t])"(\r?)$/gm, `$1 ${copy}"$2`) : named;
}

const linesOf = (text: string): number => text.trimEnd().split('\n').length - 1;

function write(path: string, content: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content, 'latin1');
}
