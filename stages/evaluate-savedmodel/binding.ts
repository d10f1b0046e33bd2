import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { copyFile, mkdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { err, ok, type Result } from '../../pipeline/base/result.js';

/** An installation of tfjs-node whose binding is linked with the TensorFlow of Edgeline's Python. */
export interface TfjsNode {
  /** With `node_modules`. */
  readonly folder: string;
  /** Both versions, for people. */
  readonly name: string;
}

export interface BindingOptions {
  readonly cache: string;
  readonly python: string;
  readonly signal: AbortSignal;
  onProgress(phase: string): void;
}

/** Node-API's version that the binding is compiled for, and the folder in which tfjs-node looks for it. */
const NODE_API = 8;
const COMPILERS = ['c++', 'g++', 'clang++'];
const WHERE_IS_TENSORFLOW = `
import importlib.metadata, importlib.util, json, os
spec = importlib.util.find_spec("tensorflow")
print(json.dumps({"folder": os.path.dirname(spec.origin), "version": importlib.metadata.version("tensorflow_cpu")}))
`;

/**
 * Installs tfjs-node without its install script, which would download a TensorFlow of its own, and compiles its binding against the one that is
 * there. Kept in the cache by the versions of both. The error says in words why that cannot be done here.
 */
export async function ensureTfjsNode(options: BindingOptions): Promise<Result<TfjsNode, string>> {
  if (process.platform !== 'linux') return err('its binding is built on Linux only');
  const tensorflow = await findTensorflow(options);
  if (tensorflow === null) return err('TensorFlow was not found in Python');
  const source = fileURLToPath(new URL('../../../stages/evaluate-savedmodel/tfjs/', import.meta.url));
  const lock = readFileSync(join(source, 'package-lock.json'));
  const version = tfjsVersion(lock);
  const name = `tfjs-node ${version}, TensorFlow ${tensorflow.version}`;
  const key = createHash('sha256')
    .update(lock)
    .update(JSON.stringify([tensorflow, NODE_API, process.arch]))
    .digest('hex')
    .slice(0, 16);
  const folder = join(options.cache, 'tfjs-node', key);
  if (existsSync(join(folder, 'ready'))) return ok({ folder, name });

  mkdirSync(join(options.cache, 'tfjs-node'), { recursive: true });
  const building = mkdtempSync(join(options.cache, 'tfjs-node', 'building-'));
  try {
    const built = await build(building, source, tensorflow.folder, options);
    if (!built.ok) return built;
    writeFileSync(join(building, 'ready'), `${name}\n`);
    try {
      renameSync(building, folder);
    } catch (error) {
      // Another run was faster.
      if (!existsSync(join(folder, 'ready'))) throw error;
    }
    return ok({ folder, name });
  } finally {
    rmSync(building, { recursive: true, force: true });
  }
}

async function build(
  folder: string,
  source: string,
  tensorflow: string,
  options: BindingOptions,
): Promise<Result<null, string>> {
  const compiler = findCompiler();
  if (compiler === null) return err(`no C++ compiler is on PATH (${COMPILERS.join(', ')})`);
  for (const file of ['package.json', 'package-lock.json'])
    await copyFile(join(source, file), join(folder, file));
  options.onProgress('installing tfjs-node');
  const npm = await attempt(
    'npm',
    ['ci', '--ignore-scripts', '--no-audit', '--no-fund'],
    folder,
    options.signal,
  );
  if (npm !== null) return err(`npm ci failed: ${npm}`);
  const tfjs = join(folder, 'node_modules', '@tensorflow', 'tfjs-node');
  const target = join(tfjs, 'lib', `napi-v${NODE_API}`);
  await mkdir(target, { recursive: true });
  options.onProgress("compiling tfjs-node's binding");
  const compiled = await attempt(
    compiler,
    [
      ...['-std=c++17', '-O2', '-fPIC', '-shared', `-DNAPI_VERSION=${NODE_API}`],
      ...['-I', join(folder, 'node_modules', 'node-api-headers', 'include')],
      ...['-I', tfjs, '-I', join(tensorflow, 'include')],
      ...['tfjs_backend.cc', 'tfjs_binding.cc'].map((file) => join(tfjs, 'binding', file)),
      ...['-o', join(target, 'tfjs_binding.node'), '-L', tensorflow],
      ...['-l:libtensorflow_cc.so.2', '-l:libtensorflow_framework.so.2', `-Wl,-rpath,${tensorflow}`],
    ],
    folder,
    options.signal,
  );
  if (compiled !== null) return err(`${compiler} failed: ${compiled}`);
  options.onProgress('trying tfjs-node');
  const program = "if (require('@tensorflow/tfjs-node').getBackend() !== 'tensorflow') process.exit(3);";
  const tried = await attempt(process.execPath, ['-e', program], folder, options.signal);
  return tried === null ? ok(null) : err(`its binding does not load: ${tried}`);
}

async function findTensorflow({
  python,
  signal,
}: BindingOptions): Promise<{ folder: string; version: string } | null> {
  const result = await execa(python, ['-c', WHERE_IS_TENSORFLOW], { cancelSignal: signal, reject: false });
  try {
    return JSON.parse(result.stdout) as { folder: string; version: string };
  } catch {
    return null;
  }
}

function findCompiler(): string | null {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return COMPILERS.find((name) => folders.some((folder) => existsSync(join(folder, name)))) ?? null;
}

/** Runs a program; the end of what it said where it fails, null where it does not. */
async function attempt(
  program: string,
  argv: readonly string[],
  cwd: string,
  signal: AbortSignal,
): Promise<string | null> {
  const result = await execa(program, argv, { cwd, cancelSignal: signal, reject: false, all: true });
  if (result.exitCode === 0) return null;
  return result.all?.trim().split('\n').slice(-3).join(' ').slice(-500) || result.shortMessage || 'it failed';
}

function tfjsVersion(lock: Buffer): string {
  const packages = (JSON.parse(lock.toString('utf8')) as { packages: Record<string, { version?: string }> })
    .packages;
  return packages['node_modules/@tensorflow/tfjs-node']?.version ?? '';
}
