import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { z } from 'zod';
import type { TfliteInspection } from '../../contract/inspection.js';
import { ensureEnvironment } from '../../execute/python-environment.js';
import { inspectionLines } from '../../ui/inspection.js';
import { failureMessage } from '../../ui/messages.js';
import { EXIT } from '../exit-codes.js';
import { installationRoot, pythonOptions } from '../installation.js';
import { complain } from '../prepare.js';
import { workerEnvironment } from '../worker-environment.js';

const shape = z.object({ name: z.string(), shape: z.array(z.number()) });

const tfliteInspection: z.ZodType<TfliteInspection> = z.object({
  schema: z.literal(1),
  bytes: z.number(),
  sha256: z.string(),
  description: z.string(),
  subgraphs: z.number(),
  inputs: z.array(shape),
  outputs: z.array(shape),
  signatures: z.array(
    z.object({ key: z.string(), inputs: z.array(z.string()), outputs: z.array(z.string()) }),
  ),
  op_count: z.number(),
  ops: z.record(z.string(), z.number()),
  custom_ops: z.array(z.string()),
  constants: z.record(z.string(), z.object({ count: z.number(), bytes: z.number() })),
  largest_constants: z.array(shape.extend({ type: z.string(), bytes: z.number() })),
  bytes_by_part: z.record(z.string(), z.number()),
  stands_alone: z.object({ problems: z.array(z.string()) }),
  metadata: z
    .object({
      name: z.string().optional(),
      description: z.string().optional(),
      version: z.string().optional(),
      author: z.string().optional(),
      license: z.string().optional(),
      files: z.record(z.string(), z.string()),
      source: z.record(z.string(), z.unknown()).optional(),
    })
    .nullable(),
});

const answer = z.union([z.object({ error: z.string() }), tfliteInspection]);

/** `pipeline inspect FILE`: reads the file in Edgeline's Python, where LiteRT's schema is. */
export async function inspect(file: string, options: { readonly json: boolean }): Promise<number> {
  const path = resolve(file);
  if (!existsSync(path)) return complain(`${file}: there is no such file`, 'give the path of a .tflite file');
  const installation = installationRoot();
  const environment = await ensureEnvironment(
    pythonOptions(installation, process.env),
    (message) => process.stderr.write(`python: ${message}\n`),
    new AbortController().signal,
  );
  if (!environment.ok) {
    const { text, hint } = failureMessage(environment.error, 'setup');
    return complain(text, hint ?? '', EXIT.failed);
  }
  const scratch = mkdtempSync(join(tmpdir(), 'edgeline-inspect-'));
  try {
    const result = await execa(environment.value.python, ['-m', 'edgeline_worker.inspection', path], {
      env: workerEnvironment(process.env, installation, scratch, { language: 'python', file: '' }),
      extendEnv: false,
      reject: false,
    });
    const read = answer.safeParse(parsed(result.stdout));
    if (!read.success) return complain(`${file}: it could not be read: ${result.stderr}`, '', EXIT.failed);
    if ('error' in read.data) {
      return complain(
        `${file}: ${read.data.error}`,
        'give a whole .tflite file; the stage `convert` writes such',
        EXIT.failed,
      );
    }
    if (options.json) process.stdout.write(`${JSON.stringify(read.data, null, 2)}\n`);
    else
      process.stdout.write(`${inspectionLines(file, read.data, process.stdout.columns || 100).join('\n')}\n`);
    return EXIT.ok;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
