import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { StageDefinition } from '../contract/stage.js';

export interface CodeSnapshot {
  /** Stands for the installation's folder in the worker's paths. */
  readonly root: string;
  /** Absolute paths of all that the worker needs of it. */
  readonly reads: readonly string[];
}

/**
 * The code that workers run. Python's is written out from what was fingerprinted for the plan, once in a run: an edit
 * while a run of hours goes on neither changes it nor is keyed as the old code.
 */
export class CodeSnapshots {
  readonly #folder: string;
  readonly #installation: string;
  readonly #sources: (definition: StageDefinition) => ReadonlyMap<string, Buffer>;
  readonly #made = new Map<string, CodeSnapshot>();

  /** @param folder where the snapshots of this run go; @param sources file name relative to the installation, to content */
  constructor(
    folder: string,
    installation: string,
    sources: (definition: StageDefinition) => ReadonlyMap<string, Buffer>,
  ) {
    this.#folder = folder;
    this.#installation = installation;
    this.#sources = sources;
  }

  of(definition: StageDefinition): CodeSnapshot {
    const known = this.#made.get(definition.id);
    if (known !== undefined) return known;
    const snapshot =
      definition.worker.language === 'python'
        ? this.#write(definition)
        : { root: this.#installation, reads: [] };
    this.#made.set(definition.id, snapshot);
    return snapshot;
  }

  #write(definition: StageDefinition): CodeSnapshot {
    const root = join(this.#folder, definition.id);
    for (const [file, content] of this.#sources(definition)) {
      const path = join(root, file);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, content);
    }
    return { root, reads: [root] };
  }
}
