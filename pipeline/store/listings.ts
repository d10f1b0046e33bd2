import { existsSync, readFileSync } from 'node:fs';
import { writeFileAtomically } from '../base/atomic-write.js';
import { canonicalJson, type Digest, digestOf, type Json } from '../base/canonical.js';
import type { ListedFile } from '../contract/plan.js';
import type { StoreLayout } from './layout.js';

/**
 * What external folders held: a key has one digest for a folder, and this has the list that the digest is of, so that a
 * later plan can name the files that changed. Only an aid: without a list the folder as a whole is named.
 */
export class ExternalListings {
  readonly #layout: StoreLayout;
  readonly #known = new Map<Digest, readonly ListedFile[] | null>();
  readonly #unsaved = new Set<Digest>();

  constructor(layout: StoreLayout) {
    this.#layout = layout;
  }

  remember(digest: Digest, files: readonly ListedFile[]): void {
    this.#known.set(digest, files);
    this.#unsaved.add(digest);
  }

  read(digest: Digest): readonly ListedFile[] | null {
    const known = this.#known.get(digest);
    if (known !== undefined) return known;
    const files = this.#load(digest);
    this.#known.set(digest, files);
    return files;
  }

  #load(digest: Digest): readonly ListedFile[] | null {
    const path = this.#layout.listing(digest);
    if (!existsSync(path)) return null;
    const text = readFileSync(path, 'utf8');
    return digestOf(text) === digest ? (JSON.parse(text) as readonly ListedFile[]) : null;
  }

  /** Keeps what was seen; a run does so before anything is recorded under a key with these digests. */
  save(): void {
    for (const digest of this.#unsaved) {
      const path = this.#layout.listing(digest);
      if (!existsSync(path)) writeFileAtomically(path, canonicalJson(this.read(digest) as Json));
    }
    this.#unsaved.clear();
  }
}
