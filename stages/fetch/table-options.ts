import type { Encoding } from './read-lines.js';

/** `table` as the definition resolves it; defaults are filled in. */
export interface TableOptions {
  readonly format: 'delimited' | 'json-lines';
  readonly text: string;
  readonly label: string;
  readonly id?: string;
  readonly group?: string;
  readonly split?: string;
  readonly delimiter?: string;
  readonly encoding?: Encoding;
  readonly test_fraction: number;
}
