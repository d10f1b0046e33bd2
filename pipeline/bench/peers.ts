import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ok, type Result } from '../base/result.js';
import type { AxisSizes } from './engine-study.js';
import { peerEnvironment } from './peer-environment.js';
import { timedProcess } from './timed-process.js';

/** Another program that runs the same matrix. */
export interface Peer {
  /** With its version. */
  readonly name: string;
  /** Makes a project in which nothing was run; not part of what is timed. */
  prepare(folder: string, sizes: AxisSizes): Promise<Result<unknown, string>>;
  /** What is timed: the first call makes everything, the next ones find nothing to do. */
  readonly run: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

const DVC = '3.67.1';
const SNAKEMAKE = '9.27.1';

/**
 * DVC and Snakemake from PyPI in an environment of their own below `cache`, made once.
 *
 * @param cores how many jobs Snakemake may run at a time; DVC runs one after another.
 */
export async function installPeers(
  cache: string,
  cores: number,
  signal: AbortSignal,
): Promise<Result<readonly Peer[], string>> {
  const packages = [`dvc==${DVC}`, `snakemake==${SNAKEMAKE}`];
  const made = await peerEnvironment(cache, 'python3', packages, signal);
  if (!made.ok) return made;
  const bin = made.value;
  return ok([dvc(bin), snakemake(bin, cores)]);
}

function dvc(bin: string): Peer {
  const env = { DVC_NO_ANALYTICS: '1' };
  return {
    name: `dvc ${DVC}`,
    env,
    prepare: (folder, sizes) => {
      mkdirSync(folder, { recursive: true });
      const [x, y, z] = sizes.map((size) => JSON.stringify(oneTo(size)));
      // biome-ignore-start lint/suspicious/noTemplateCurlyInString: DVC's own templates
      const name = '${item.x}-${item.y}-${item.z}';
      // biome-ignore-end lint/suspicious/noTemplateCurlyInString: DVC's own templates
      writeFileSync(
        join(folder, 'dvc.yaml'),
        `stages:\n  work:\n    matrix: {x: ${x}, y: ${y}, z: ${z}}\n    cmd: echo ${name} > out-${name}.txt\n    outs: ["out-${name}.txt"]\n`,
      );
      return timedProcess([join(bin, 'dvc'), 'init', '--no-scm', '--quiet'], { cwd: folder, env });
    },
    run: [join(bin, 'dvc'), 'repro', '--quiet'],
  };
}

function snakemake(bin: string, cores: number): Peer {
  return {
    name: `snakemake ${SNAKEMAKE}`,
    env: {},
    prepare: (folder, sizes) => {
      mkdirSync(folder, { recursive: true });
      const [x, y, z] = sizes.map((size) => JSON.stringify(oneTo(size)));
      writeFileSync(
        join(folder, 'Snakefile'),
        `rule all:
    input: expand("out-{x}-{y}-{z}.txt", x=${x}, y=${y}, z=${z})

rule work:
    output: "out-{x}-{y}-{z}.txt"
    shell: "echo {wildcards.x}-{wildcards.y}-{wildcards.z} > {output}"
`,
      );
      return Promise.resolve(ok(undefined));
    },
    run: [join(bin, 'snakemake'), '--cores', String(cores), '--quiet', 'all'],
  };
}

function oneTo(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}
