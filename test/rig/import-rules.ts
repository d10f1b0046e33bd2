/** What the files of one part of the tree may import. */
export interface ImportRule {
  /** Other parts, by the names that `zoneOf` gives; a part may always import itself. */
  readonly zones: readonly string[];
  /** npm packages (TypeScript) or top-level modules (Python). */
  readonly packages: readonly string[];
  /** Packages of which only types may be imported. */
  readonly typePackages?: readonly string[];
  /** Whether Node's own modules may be used, or which: not where everything must be pure. */
  readonly node: boolean | readonly string[];
}

const ENGINE = ['base', 'contract'];

/** The import table of the design, as data. A zone that is not here may import everything. */
export const IMPORT_RULES: Readonly<Record<string, ImportRule>> = {
  base: { zones: [], packages: [], node: true },
  contract: { zones: ['base'], packages: [], typePackages: ['zod'], node: false },
  config: { zones: ENGINE, packages: ['yaml', 'zod'], node: true },
  plan: { zones: ENGINE, packages: [], node: true },
  schedule: { zones: ENGINE, packages: [], node: true },
  execute: { zones: ENGINE, packages: ['execa'], node: true },
  devices: { zones: ENGINE, packages: ['execa', 'ssh2'], node: true },
  // Its arithmetic is nothing of ssh and rsync, and a meter hangs on the host and not on the device.
  power: { zones: ENGINE, packages: ['serialport'], node: true },
  store: { zones: ENGINE, packages: [], node: true },
  // Charts are drawn without a browser.
  report: { zones: ENGINE, packages: ['@observablehq/plot', 'linkedom'], node: true },
  measure: { zones: ENGINE, packages: ['zod'], node: true },
  ui: { zones: ENGINE, packages: ['listr2'], node: true },
  // Opens a page in a browser, where one is there; a development dependency, imported late.
  bench: { zones: ENGINE, packages: ['playwright-core'], node: true },
  datasets: { zones: ['base'], packages: [], node: true },
  'stage-registry': { zones: ['contract', 'stage-definition'], packages: [], node: false },
  'stage-definition': { zones: ENGINE, packages: ['zod'], node: ['node:path'] },
  // zod checks what a worker reads. A stage's own library gets a line of its own, as `stage:<name>`.
  stage: { zones: [...ENGINE, 'stage-definition'], packages: ['zod'], node: true },
  'stage:baseline': {
    zones: [...ENGINE, 'stage-definition', 'measure'],
    packages: ['natural'],
    node: true,
  },
  'stage:evaluate': {
    zones: [...ENGINE, 'stage-definition', 'measure'],
    packages: ['zod', 'execa'],
    node: true,
  },
  'stage:evaluate-savedmodel': {
    zones: [...ENGINE, 'stage-definition', 'measure'],
    packages: ['zod', 'execa'],
    node: true,
  },
  // The description of a source is YAML.
  'stage:fetch': { zones: [...ENGINE, 'stage-definition'], packages: ['zod', 'yaml'], node: true },
  'stage:hydrate': {
    zones: [...ENGINE, 'stage-definition'],
    packages: ['zod', 'twitter-api-v2'],
    node: true,
  },
  'stage:report': { zones: [...ENGINE, 'stage-definition', 'report'], packages: ['zod'], node: true },
};

const WORKER_PACKAGES = [
  'ai_edge_litert',
  'flatbuffers',
  'httpx2',
  'huggingface_hub',
  'keras',
  'ml_dtypes',
  'numpy',
  'psutil',
  'safetensors',
  'tensorflow',
  'tokenizers',
];

/** The same for Python; the standard library is free everywhere. */
export const PYTHON_RULES: Readonly<Record<string, ImportRule>> = {
  'worker-library': { zones: [], packages: WORKER_PACKAGES, node: false },
  stage: { zones: ['worker-library'], packages: WORKER_PACKAGES, node: false },
  // Started by the agent on this machine, as its own inference is on a device.
  'agent-inference': { zones: ['agent'], packages: ['numpy', 'tensorflow'], node: false },
  // What runs on a device has only what a device has.
  agent: { zones: [], packages: ['ai_edge_litert', 'numpy', 'psutil', 'tokenizers'], node: false },
  // A program that we are compared with runs in an environment of its own.
  'bench-peer': {
    zones: [],
    packages: ['ai_edge_litert', 'numpy', 'onnxruntime', 'safetensors', 'torch', 'transformers'],
    node: false,
  },
  // Makes what is compared, in Edgeline's own environment.
  'bench-own': { zones: ['worker-library'], packages: WORKER_PACKAGES, node: false },
};

/** Modules of Python's standard library that we use; any other unknown name is a violation, so a typing error too. */
export const PYTHON_STANDARD_LIBRARY: ReadonlySet<string> = new Set(
  `__future__ abc argparse array ast base64 bisect codecs collections contextlib copy csv ctypes dataclasses datetime
  decimal difflib enum errno fcntl faulthandler fractions functools gc glob gzip hashlib heapq hmac html importlib
  inspect io itertools json locale logging math mmap multiprocessing numbers operator os pathlib pickle pkgutil platform
  posixpath pprint pty pwd queue random re resource secrets select selectors shlex shutil signal site socket socketserver
  sqlite3 stat statistics string struct subprocess sys sysconfig tarfile tempfile termios textwrap threading time
  timeit tomllib traceback types typing unicodedata unittest urllib uuid venv warnings weakref xml zipfile zlib`
    .split(/\s+/)
    .filter((name) => name !== ''),
);

/** The part of the tree that a file belongs to; null where everything may be imported. */
export function zoneOf(path: string): string | null {
  const [top = '', folder = '', ...rest] = path.split('/');
  if (top === 'datasets') return 'datasets';
  if (top === 'pipeline') {
    if (/^pipeline\/bench\/(convert_files|plain_keras)\.py$/.test(path)) return 'bench-own';
    if (folder === 'bench' && path.endsWith('.py')) return 'bench-peer';
    // Helpers that are sent to a device and run there.
    if (path.endsWith('.py')) return 'agent';
    return folder === 'cli' || rest.length === 0 ? null : folder;
  }
  if (top !== 'stages') return null;
  if (folder === '_python') return 'worker-library';
  // What definitions share is as pure as they are.
  if (folder === '_shared') return 'stage-definition';
  if (path === 'stages/registry.ts') return 'stage-registry';
  if (path === 'stages/evaluate-savedmodel/infer_savedmodel.py') return 'agent-inference';
  if (path.startsWith('stages/deploy/agent/') || rest[0] === 'firmware') return 'agent';
  return rest.join('/') === 'definition.ts' ? 'stage-definition' : 'stage';
}

/** `stages/clean` for every file of that stage; null for files outside of stages, and for the agent, which several stages run. */
export function stageFolderOf(path: string): string | null {
  if (path.startsWith('stages/deploy/agent/')) return null;
  const match = /^stages\/([^/_][^/]*)\/./.exec(path);
  return match === null ? null : `stages/${match[1]}`;
}
