import { existsSync, readFileSync } from 'node:fs';
import { writeFileAtomically } from '../base/atomic-write.js';
import type { Digest } from '../base/canonical.js';
import type { Verification } from '../contract/verify.js';
import type { StoreLayout } from './layout.js';

/** What `verify` found, beside the records that it checked. */
export class VerificationStore {
  readonly #layout: StoreLayout;

  constructor(layout: StoreLayout) {
    this.#layout = layout;
  }

  read(key: Digest): Verification | null {
    const path = this.#layout.verification(key);
    if (!existsSync(path)) return null;
    try {
      const found = JSON.parse(readFileSync(path, 'utf8')) as Verification;
      return found.schema === 1 && found.key === key ? found : null;
    } catch {
      // Damaged: it is only told, and another check replaces it.
      return null;
    }
  }

  write(verification: Verification): void {
    const path = this.#layout.verification(verification.key);
    writeFileAtomically(path, `${JSON.stringify(verification)}\n`);
  }
}
