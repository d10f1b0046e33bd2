import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { BoardPlatform } from '../contract/device.js';

/** Boards for which every package of the lock has a wheel. */
export const BOARD_ARCHITECTURES: readonly string[] = ['aarch64', 'x86_64'];
export const BOARD_PYTHONS: readonly string[] = ['3.10', '3.11', '3.12', '3.13', '3.14'];
/** Oldest glibc 2.x for which every package of the lock has a wheel. */
export const BOARD_GLIBC_MINOR = 28;

/** A line of a requirements file: `name==version`, for which Pythons, and SHA-256 of its wheels. */
export interface Requirement {
  readonly pin: string;
  readonly marker: { readonly relation: '<' | '>=' | '=='; readonly python: string } | null;
  readonly hashes: readonly string[];
}

/**
 * Reads a requirements file. Of pip's markers only `python_version` is known, as pip itself would compare the version of
 * the Python that it runs in and not that of the board.
 *
 * @throws RangeError for a line that is none of ours
 */
export function parseRequirements(text: string): readonly Requirement[] {
  const lines = text
    .replaceAll(/\\\n/g, ' ')
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('#'));
  return lines.map((line) => {
    const match =
      /^(?<pin>[\w.-]+==[\w.]+)\s*(?:;\s*python_version\s*(?<relation><|>=|==)\s*"(?<python>[\d.]+)")?(?<rest>(?:\s+--hash=sha256:[0-9a-f]{64})*)\s*$/.exec(
        line,
      )?.groups;
    if (match?.pin === undefined)
      throw new RangeError(`Internal error: not a requirement of a board: ${line}`);
    const { pin, relation, python, rest = '' } = match;
    return {
      pin,
      marker:
        python === undefined || relation === undefined
          ? null
          : { relation: relation as '<' | '>=' | '==', python },
      hashes: rest.match(/[0-9a-f]{64}/g) ?? [],
    };
  });
}

/** Those meant for a Python. */
export function requirementsFor(
  requirements: readonly Requirement[],
  python: string,
): readonly Requirement[] {
  return requirements.filter(({ marker }) => {
    if (marker === null) return true;
    const order = compareVersions(python, marker.python);
    if (marker.relation === '==') return order === 0;
    return marker.relation === '<' ? order < 0 : order >= 0;
  });
}

function compareVersions(left: string, right: string): number {
  const [a = 0, b = 0] = left.split('.').map(Number);
  const [c = 0, d = 0] = right.split('.').map(Number);
  return a === c ? b - d : a - c;
}

/** The wheel tags that a board takes, as pip wants them. */
export function platformTags(architecture: string): readonly string[] {
  const minors = Array.from({ length: BOARD_GLIBC_MINOR - 4 }, (_, index) => BOARD_GLIBC_MINOR - index);
  return [
    ...minors.map((minor) => `manylinux_2_${minor}_${architecture}`),
    ...['manylinux2014', 'manylinux2010', 'manylinux1'].map((name) => `${name}_${architecture}`),
  ];
}

/** Options of `pip download` for wheels of a platform; `requirements` are its own arguments. */
export function downloadArguments(
  { architecture, python }: BoardPlatform,
  folder: string,
  requirements: readonly string[],
): readonly string[] {
  return [
    ...['-m', 'pip', 'download', '--quiet', '--disable-pip-version-check', '--no-deps'],
    ...['--only-binary=:all:', '--implementation', 'cp', '--python-version', python],
    ...platformTags(architecture).flatMap((tag) => ['--platform', tag]),
    ...['--dest', folder, ...requirements],
  ];
}

/** Text of board-requirements.lock, which stays in the source folder when this file runs from dist/ or dist/bundle/. */
export function boardLock(): string {
  const source = 'pipeline/devices/board-requirements.lock';
  const candidates = ['./board-requirements.lock', `../../${source}`, `../../../${source}`];
  const paths = candidates.map((path) => fileURLToPath(new URL(path, import.meta.url)));
  const found = paths.find((path) => existsSync(path));
  if (found === undefined) {
    throw new Error(`Internal error: board-requirements.lock is not at ${paths.join(' or ')}`);
  }
  return readFileSync(found, 'utf8');
}

/** Name of the lock below `python/` of a board's root: 16 hexadecimal digits. */
export function lockName(lock: string): string {
  return createHash('sha256').update(lock).digest('hex').slice(0, 16);
}

/** Name of the packages for one platform: `<lock>-cp311-aarch64`. */
export function packagesName(lock: string, { architecture, python }: BoardPlatform): string {
  return `${lockName(lock)}-cp${python.replace('.', '')}-${architecture}`;
}
