import type { Digest, Json } from '../base/canonical.js';
import type { Coordinates } from './config.js';
import type { Reason } from './reason.js';

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
  /** Where it ran; absent means this machine. */
  readonly executor?: string;
  readonly usage?: ResourceUsage;
  /** Attempts it took; absent means one. */
  readonly attempts?: number;
  /** Time and usage are of the last attempt alone, which went on from an earlier one. */
  readonly resumed?: true;
  /** Set when this record was not made by running: a person said that the result of another key stands for this one too. */
  readonly accepted?: AcceptedResult;
}

/** What a worker and all that it started used. Absent members could not be known. */
export interface ResourceUsage {
  readonly wall_seconds: number;
  /** User and system time, seconds. */
  readonly cpu_seconds?: number;
  /** Highest resident memory of the process group, bytes. */
  readonly peak_rss_bytes?: number;
  /** Bytes through read and write calls, cache included. */
  readonly read_bytes?: number;
  readonly written_bytes?: number;
  /** `sampled`: processes that came and went between two looks may be missing; `accounted`: of the system's own accounting. */
  readonly source: 'sampled' | 'accounted';
}

export interface AcceptedResult {
  readonly reason: string;
  /** User name of who said so. */
  readonly by: string;
  /** ISO 8601. */
  readonly at: string;
  /** The key whose result stands for this one. */
  readonly instead_of: Digest;
  /** All in which the two keys differ, as it was when it was accepted. */
  readonly differences: readonly Reason[];
  /** Set where differences were accepted that make another result as a rule: an option, an input. */
  readonly forced?: true;
  /** When that result was itself accepted in place of an earlier one. */
  readonly earlier?: AcceptedResult;
}
