import type { Digest, Json } from '../base/canonical.js';
import type { Coordinates } from './config.js';

/** A folder as a sorted list of its files; its digest is the digest of the canonical JSON of this document. */
export interface TreeManifest {
  readonly schema: 1;
  readonly files: readonly TreeEntry[];
}

export interface TreeEntry {
  /** POSIX, relative to the tree. */
  readonly path: string;
  /** Executable by its owner. */
  readonly executable: boolean;
  readonly size: number;
  readonly digest: Digest;
}

export interface Artifact {
  readonly kind: 'file' | 'tree';
  readonly artifact: string;
  /** File name or folder name below the instance's output folder. */
  readonly path: string;
  readonly digest: Digest;
  readonly size: number;
}

/**
 * The action key document: everything that may change a result and nothing else. Stored whole, so that two keys
 * can be compared field by field.
 */
export interface KeyDocument {
  readonly schema: 1;
  readonly stage: string;
  readonly version: number;
  readonly coordinates: Coordinates;
  readonly options: Readonly<Record<string, Json>>;
  /** Sorted; an input that is dropped changes the key. */
  readonly inputs: readonly {
    readonly name: string;
    readonly instance: string;
    /** Name of the output there. */
    readonly output: string;
    readonly digest: Digest;
  }[];
  readonly external: Readonly<Record<string, Digest>>;
  /** Worker file and its local import closure: source path to digest. */
  readonly code: Readonly<Record<string, Digest>>;
  /** Lock file digest, interpreter, operating system, architecture. */
  readonly environment: Readonly<Record<string, string>>;
  readonly outputs: readonly string[];
}

/** What an instance did. Success and failure have the same shape. */
export interface RunRecord {
  readonly schema: 1;
  readonly key: Digest;
  readonly instance: string;
  readonly document: KeyDocument;
  readonly outputs: Readonly<Record<string, Artifact>>;
  readonly summary: Readonly<Record<string, Json>>;
  readonly started_at: string;
  readonly wall_seconds: number;
  readonly host: string;
  readonly run: string;
}
