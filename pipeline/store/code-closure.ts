import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { type Digest, digestOf } from '../base/canonical.js';

/**
 * The code that a worker runs: its file and the local files that it imports, directly or not, plus the versions of
 * the packages they import. Found statically, so it is known before anything runs.
 */
export interface CodeFingerprint {
  /** Source path relative to the installation, to digest. */
  readonly files: Readonly<Record<string, Digest>>;
  /** What was fingerprinted, by the same paths. */
  readonly sources: ReadonlyMap<string, Buffer>;
  /** Third-party package to version, TypeScript only: Python's are pinned by the lock file. */
  readonly packages: Readonly<Record<string, string>>;
}

export interface Installation {
  /** The folder that holds package.json, stages/ and dist/. */
  readonly root: string;
}

const TYPESCRIPT_IMPORT =
  /(?:^|[\n;])\s*(?:import|export)\s[^'";]*?from\s*['"]([^'"]+)['"]|import\s*\(\s*['"]([^'"]+)['"]\s*\)|(?:^|[\n;])\s*import\s*['"]([^'"]+)['"]/g;

/**
 * TypeScript is fingerprinted as it was compiled (`dist/`, without comments), because that is what runs; names in the
 * result are those of the sources.
 */
export function typescriptClosure(installation: Installation, workerFile: string): CodeFingerprint {
  const files: Record<string, Digest> = {};
  const sources = new Map<string, Buffer>();
  const packages: Record<string, string> = {};
  const stack = [join(installation.root, 'dist', workerFile.replace(/\.ts$/, '.js'))];
  const seen = new Set<string>(stack);
  for (let path = stack.pop(); path !== undefined; path = stack.pop()) {
    const content = readFileSync(path);
    const text = content.toString();
    files[sourceName(installation, path)] = digestOf(content);
    sources.set(sourceName(installation, path), content);
    for (const match of text.matchAll(TYPESCRIPT_IMPORT)) {
      const specifier = match[1] ?? match[2] ?? match[3] ?? '';
      if (specifier.startsWith('node:')) continue;
      if (!specifier.startsWith('.')) {
        const name = packageName(specifier);
        packages[name] = packageVersion(installation, name);
        continue;
      }
      const target = resolve(dirname(path), specifier);
      if (seen.has(target) || !existsSync(target)) continue;
      seen.add(target);
      stack.push(target);
    }
  }
  return { files: sorted(files), sources, packages: sorted(packages) };
}

function sourceName(installation: Installation, path: string): string {
  return relative(join(installation.root, 'dist'), path).replace(/\.js$/, '.ts');
}

function packageName(specifier: string): string {
  const parts = specifier.split('/');
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? specifier);
}

function packageVersion(installation: Installation, name: string): string {
  const manifest = join(installation.root, 'node_modules', name, 'package.json');
  if (!existsSync(manifest)) return 'absent';
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
}

const PYTHON_IMPORT = /^[ \t]*import[ \t]+([\w., \t]+)/gm;
const PYTHON_FROM = /^[ \t]*from[ \t]+(\.*[\w.]*)[ \t]+import[ \t]+(\([^)]*\)|[^\n#]+)/gm;

/** Every worker imports the same few modules: each path is looked up once for all of them. */
const knownFiles = new Map<string, boolean>();

function isFile(path: string): boolean {
  const known = knownFiles.get(path);
  if (known !== undefined) return known;
  const found = existsSync(path);
  knownFiles.set(path, found);
  return found;
}

/** Python's local modules: next to the worker, and those of `stages/_python`. */
export function pythonClosure(installation: Installation, workerFile: string): CodeFingerprint {
  const worker = join(installation.root, workerFile);
  const roots = [dirname(worker), join(installation.root, 'stages', '_python')];
  const files: Record<string, Digest> = {};
  const sources = new Map<string, Buffer>();
  const seen = new Set<string>([worker]);
  const stack = [worker];
  const follow = (base: string, module: string): boolean => {
    const path = join(base, ...module.split('.').filter((part) => part !== ''));
    const candidates = [`${path}.py`, join(path, '__init__.py')];
    const found = candidates.filter(isFile);
    for (const candidate of found) {
      if (seen.has(candidate)) continue;
      seen.add(candidate);
      stack.push(candidate);
    }
    return found.length > 0;
  };
  for (let path = stack.pop(); path !== undefined; path = stack.pop()) {
    const content = readFileSync(path);
    const text = content.toString();
    files[relative(installation.root, path)] = digestOf(content);
    sources.set(relative(installation.root, path), content);
    for (const { module, names, level } of pythonImports(text)) {
      const bases = level > 0 ? [resolve(dirname(path), ...Array<string>(level - 1).fill('..'))] : roots;
      for (const base of bases) {
        const parts = module.split('.').filter((part) => part !== '');
        // Importing a.b.c runs a/__init__.py and a/b/__init__.py too.
        for (let end = 1; end <= parts.length; end += 1) follow(base, parts.slice(0, end).join('.'));
        for (const name of names) follow(base, [...parts, name].join('.'));
      }
    }
  }
  return { files: sorted(files), sources, packages: {} };
}

interface PythonImport {
  readonly module: string;
  readonly names: readonly string[];
  readonly level: number;
}

function* pythonImports(text: string): Generator<PythonImport> {
  for (const match of text.matchAll(PYTHON_IMPORT)) {
    for (const part of (match[1] ?? '').split(',')) {
      const module = part.trim().split(/\s+as\s+/)[0] ?? '';
      if (module !== '') yield { module, names: [], level: 0 };
    }
  }
  for (const match of text.matchAll(PYTHON_FROM)) {
    const dotted = match[1] ?? '';
    const level = dotted.length - dotted.replace(/^\.+/, '').length;
    const names = (match[2] ?? '')
      .replace(/[()\\]/g, ' ')
      .split(',')
      .map((name) => name.trim().split(/\s+/)[0] ?? '')
      .filter((name) => /^\w+$/.test(name));
    yield { module: dotted.slice(level), names, level };
  }
}

function sorted<T>(record: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The same with files that a worker uses without importing them, such as the agent that is sent to a device. */
export function withExtraFiles(
  own: CodeFingerprint,
  installation: string,
  extra: readonly string[],
): CodeFingerprint {
  const files = { ...own.files };
  const sources = new Map(own.sources);
  for (const file of extra) {
    const content = readFileSync(join(installation, file));
    files[file] = digestOf(content);
    sources.set(file, content);
  }
  return { ...own, files, sources };
}
