import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { compareCodePoints } from '../base/canonical.js';
import type { Artifact, TreeEntry } from '../contract/store.js';
import type { FileDifference } from '../contract/verify.js';
import type { ContentStore } from './content.js';

/** Outputs with the store that holds their content. */
export interface StoredOutputs {
  readonly outputs: Readonly<Record<string, Artifact>>;
  readonly content: ContentStore;
  readonly blob: (digest: TreeEntry['digest']) => string;
}

/** Every file in which two makings of the same outputs differ, in order of output and path. */
export function compareOutputs(before: StoredOutputs, after: StoredOutputs): readonly FileDifference[] {
  const outputs = new Set([...Object.keys(before.outputs), ...Object.keys(after.outputs)]);
  return [...outputs].sort(compareCodePoints).flatMap((output) => {
    if (before.outputs[output]?.digest === after.outputs[output]?.digest) return [];
    const old = filesOf(before, output);
    const now = filesOf(after, output);
    return [...new Set([...old.keys(), ...now.keys()])].sort(compareCodePoints).flatMap((path) => {
      const [was, is] = [old.get(path), now.get(path)];
      if (was?.digest === is?.digest && was?.executable === is?.executable) return [];
      const both = was !== undefined && is !== undefined;
      return {
        output,
        path,
        before: side(was),
        after: side(is),
        first_difference: both ? firstDifference(before.blob(was.digest), after.blob(is.digest)) : null,
      };
    });
  });
}

function side(file: TreeEntry | undefined): FileDifference['before'] {
  return file === undefined ? null : { digest: file.digest, size: file.size };
}

function filesOf({ outputs, content }: StoredOutputs, output: string): ReadonlyMap<string, TreeEntry> {
  const artifact = outputs[output];
  const files = artifact === undefined ? [] : (content.files(artifact) ?? []);
  return new Map(
    files.map((file) => [file.path === '' ? (artifact?.path ?? '') : `${artifact?.path}/${file.path}`, file]),
  );
}

const CHUNK_BYTES = 1 << 20;

/** Offset of the first byte that differs; of the end of the shorter file where it is the beginning of the other. */
function firstDifference(left: string, right: string): number | null {
  if (!existsSync(left) || !existsSync(right)) return null;
  const files = [openSync(left, 'r'), openSync(right, 'r')] as const;
  try {
    const buffers = [Buffer.allocUnsafe(CHUNK_BYTES), Buffer.allocUnsafe(CHUNK_BYTES)] as const;
    for (let offset = 0; ; ) {
      const lengths = [
        readSync(files[0], buffers[0], 0, CHUNK_BYTES, offset),
        readSync(files[1], buffers[1], 0, CHUNK_BYTES, offset),
      ] as const;
      const common = Math.min(...lengths);
      for (let index = 0; index < common; index += 1) {
        if (buffers[0][index] !== buffers[1][index]) return offset + index;
      }
      if (lengths[0] !== lengths[1]) return offset + common;
      if (common === 0) return null;
      offset += common;
    }
  } finally {
    for (const file of files) closeSync(file);
  }
}
