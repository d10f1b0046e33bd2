import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import {
  IMPORT_RULES,
  PYTHON_RULES,
  PYTHON_STANDARD_LIBRARY,
  stageFolderOf,
  zoneOf,
} from './import-rules.js';
import { pythonImports, typescriptImports } from './source-imports.js';

/** Source texts by project-relative path. */
export type SourceTree = ReadonlyMap<string, string>;

/** One import with what it leads to: a file of the project, or the name of something outside. */
export interface ResolvedImport {
  readonly from: string;
  readonly line: number;
  readonly specifier: string;
  readonly typeOnly: boolean;
  readonly file: string | null;
}

const CODE = /\.(ts|mjs|js|py)$/;
const TOP = ['bin', 'datasets', 'pipeline', 'scripts', 'stages', 'test'];
const LIMIT = 400;
const WORKER_LIMIT = 350;

export function readSourceTree(root: string): SourceTree {
  const tree = new Map<string, string>();
  const read = (folder: string): void => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = posix.join(folder, entry.name);
      if (entry.isDirectory() && !['node_modules', '__pycache__', 'fixtures'].includes(entry.name))
        read(path);
      else if (entry.isFile() && CODE.test(entry.name))
        tree.set(path, readFileSync(join(root, path), 'utf8'));
    }
  };
  for (const folder of TOP) if (existsSync(join(root, folder))) read(folder);
  return tree;
}

export function resolveImports(tree: SourceTree): ResolvedImport[] {
  return [...tree].flatMap(([from, text]) => {
    const python = from.endsWith('.py');
    const imports = python ? pythonImports(text) : typescriptImports(text);
    return imports.map((found) => ({
      from,
      ...found,
      file: python ? resolvePython(tree, from, found.specifier) : resolveTypescript(from, found.specifier),
    }));
  });
}

function resolveTypescript(from: string, specifier: string): string | null {
  if (specifier.startsWith('/')) return specifier;
  if (!specifier.startsWith('.')) return null;
  const path = posix.join(posix.dirname(from), specifier);
  return from.endsWith('.ts') && !path.startsWith('dist/') ? path.replace(/\.js$/, '.ts') : path;
}

/** Its folder is on the path of a program that the agent starts. */
const AGENT = 'stages/deploy/agent';

function resolvePython(tree: SourceTree, from: string, specifier: string): string | null {
  const dots = /^\.*/.exec(specifier)?.[0].length ?? 0;
  const parts = specifier.slice(dots).split('.');
  const folder = posix.dirname(from);
  const bases = dots > 0 ? [posix.join(folder, '../'.repeat(dots - 1))] : [folder, 'stages/_python', AGENT];
  for (const base of bases) {
    const path = posix.join(base, ...parts);
    const found = [`${path}.py`, `${path}/__init__.py`, `${posix.dirname(path)}.py`].find((file) =>
      tree.has(file),
    );
    if (found !== undefined) return found;
  }
  return dots > 0 ? posix.join(bases[0] ?? '', ...parts) : null;
}

/** Every import that the table does not allow: `file:line: what and why`. */
export function importViolations(tree: SourceTree, declared: ReadonlySet<string>): string[] {
  const imports = resolveImports(tree);
  const definitionFiles = definitionClosure(tree, imports);
  const zone = (path: string) => (definitionFiles.has(path) ? 'stage-definition' : zoneOf(path));
  return imports.flatMap((found) => {
    const problem =
      found.file === null
        ? outsideProblem(found, zone, declared)
        : insideProblem(found, found.file, zone, tree);
    return problem === null ? [] : [`${found.from}:${found.line}: imports ${found.specifier}: ${problem}`];
  });
}

/** Files of a stage that its definition imports: they are planned with, so they must be as pure as the definition. */
function definitionClosure(tree: SourceTree, imports: readonly ResolvedImport[]): ReadonlySet<string> {
  const closure = new Set([...tree.keys()].filter((path) => zoneOf(path) === 'stage-definition'));
  for (const path of closure) {
    const stage = stageFolderOf(path);
    for (const { from, file } of imports) {
      if (from === path && file !== null && stage !== null && stageFolderOf(file) === stage)
        closure.add(file);
    }
  }
  return closure;
}

type Zones = (path: string) => string | null;

function insideProblem(found: ResolvedImport, file: string, zone: Zones, tree: SourceTree): string | null {
  if (file.startsWith('..') || file.startsWith('/'))
    return 'no file may import anything outside of the project';
  if (!tree.has(file) && CODE.test(file) && !file.startsWith('dist/')) return 'there is no such file';
  const own = zone(found.from);
  const rule = ruleOf(found.from, own);
  if (rule === null) return null;
  const stage = stageFolderOf(found.from);
  const other = stageFolderOf(file);
  if (stage !== null && other !== null) return stage === other ? null : 'a stage never imports another one';
  const target = zone(file);
  if (target === own || (target !== null && rule.zones.includes(target))) return null;
  return `${own} may import ${listed(rule.zones)} of the project`;
}

function outsideProblem(found: ResolvedImport, zone: Zones, declared: ReadonlySet<string>): string | null {
  const { specifier } = found;
  const own = zone(found.from);
  const rule = ruleOf(found.from, own);
  if (found.from.endsWith('.py')) {
    const module = specifier.split('.', 1)[0] ?? '';
    if (rule === null || PYTHON_STANDARD_LIBRARY.has(module) || rule.packages.includes(module)) return null;
    return `${own} may import ${listed(rule.packages)} and the standard library`;
  }
  if (specifier.startsWith('node:')) {
    const modules = rule === null || rule.node;
    const allowed = typeof modules === 'boolean' ? modules : modules.includes(specifier);
    return allowed ? null : `${own} must not use this module of Node's`;
  }
  const name = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
  if (!declared.has(name)) return 'it is not in package.json';
  if (rule === null || rule.packages.includes(name)) return null;
  if (rule.typePackages?.includes(name)) return found.typeOnly ? null : 'only its types may be imported here';
  return `${own} may import ${listed(rule.packages)} of the packages`;
}

function ruleOf(path: string, zone: string | null) {
  if (zone === null) return null;
  const stage = stageFolderOf(path)?.slice('stages/'.length);
  if (path.endsWith('.py')) return PYTHON_RULES[zone] ?? null;
  return (zone === 'stage' ? IMPORT_RULES[`stage:${stage}`] : undefined) ?? IMPORT_RULES[zone] ?? null;
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? 'nothing' : names.join(', ');
}

/** Groups of files that import one another, imports of types included: one line each. */
export function cycles(tree: SourceTree): string[] {
  const edges = new Map<string, ResolvedImport[]>();
  for (const found of resolveImports(tree)) {
    if (found.file !== null && tree.has(found.file) && found.file !== found.from) {
      edges.set(found.from, [...(edges.get(found.from) ?? []), found]);
    }
  }
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (path: string, trail: readonly ResolvedImport[]): void => {
    if (done.has(path)) return;
    const start = trail.findIndex((step) => step.from === path);
    if (start >= 0) {
      found.push(
        `import cycle: ${[...trail.slice(start).map((step) => `${step.from}:${step.line}`), path].join(' -> ')}`,
      );
      return;
    }
    for (const edge of edges.get(path) ?? []) visit(edge.file ?? '', [...trail, edge]);
    done.add(path);
  };
  for (const path of tree.keys()) visit(path, []);
  return found;
}

/** Files that are too long. */
export function lengthViolations(tree: SourceTree): string[] {
  return [...tree].flatMap(([path, text]) => {
    const lines = text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
    const limit = /\/worker\.(ts|py)$/.test(path) ? WORKER_LIMIT : LIMIT;
    return lines > limit
      ? [`${path}:${limit + 1}: ${lines} lines, at most ${limit} are allowed: split it by topic`]
      : [];
  });
}

/** Files whose names are not kebab-case (TypeScript, JavaScript) or snake_case (Python). */
export function nameViolations(tree: SourceTree): string[] {
  return [...tree.keys()].flatMap((path) => {
    const name = posix.basename(path);
    if (path.endsWith('.py')) {
      return /^(__init__|[a-z0-9]+(_[a-z0-9]+)*)\.py$/.test(name)
        ? []
        : [`${path}:1: Python files are named in snake_case`];
    }
    return /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)*$/.test(name)
      ? []
      : [`${path}:1: TypeScript files are named in kebab-case`];
  });
}
