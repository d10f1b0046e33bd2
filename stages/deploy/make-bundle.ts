import { createHash } from 'node:crypto';
import { constants, createReadStream, existsSync, statSync } from 'node:fs';
import { chmod, copyFile, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { canonicalJson, compareCodePoints, digestOf, hexOf } from '../../pipeline/base/canonical.js';
import { AGENT_FILES, AGENT_FOLDER, CLASSIFY_FILES } from '../_shared/agent-files.js';

export interface Bundle {
  /** Of manifest.json, which lists the digest of every other file: the name of the bundle on every device. */
  readonly sha256: string;
  readonly bytes: number;
}

/**
 * Copies model, test set, labels, agent and what turns texts into token ids into `folder` and lists them in manifest.json.
 *
 * @param cleaning how texts are cleaned first; absent where no stage said so
 */
export async function makeBundle(
  folder: string,
  model: string,
  encodedTest: string,
  cleaning?: string,
): Promise<Bundle> {
  const agent = agentFolder();
  const sources: Readonly<Record<string, string>> = {
    'model.tflite': model,
    'test.jsonl': join(encodedTest, 'test.jsonl'),
    'labels.json': join(encodedTest, 'labels.json'),
    'encoding.json': join(encodedTest, 'encoding.json'),
    'tokenizer.json': join(encodedTest, 'tokenizer.json'),
    ...(cleaning === undefined ? {} : { 'cleaning.json': cleaning }),
    ...Object.fromEntries(
      [...AGENT_FILES, ...CLASSIFY_FILES].map((name) => [`agent/${name}`, join(agent, name)]),
    ),
  };
  const files = [];
  for (const path of Object.keys(sources).sort(compareCodePoints)) {
    const target = join(folder, path);
    await mkdir(dirname(target), { recursive: true });
    await copyFile(sources[path] ?? '', target, constants.COPYFILE_FICLONE);
    await chmod(target, 0o644);
    files.push({ path, size: statSync(target).size, sha256: await sha256Of(target) });
  }
  const manifest = `${canonicalJson({ schema: 1, files })}\n`;
  await writeFile(join(folder, 'manifest.json'), manifest);
  const bytes = files.reduce((sum, file) => sum + file.size, Buffer.byteLength(manifest));
  return { sha256: hexOf(digestOf(manifest)), bytes };
}

/** The Python files stay in the source folder; this module runs from there, from dist/ or, for the bench, from dist/bundle/. */
function agentFolder(): string {
  const candidates = ['./agent', `../../../${AGENT_FOLDER}`, `../../${AGENT_FOLDER}`];
  const paths = candidates.map((path) => fileURLToPath(new URL(path, import.meta.url)));
  const found = paths.find((path) => existsSync(join(path, 'agent.py')));
  if (found === undefined) throw new Error(`Internal error: the agent is not at ${paths.join(' or ')}`);
  return found;
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
