import type { Provenance } from './model-provenance.js';

/** Where in the page the record of an action key is told. */
export function provenanceAnchors(provenance: readonly Provenance[]): ReadonlyMap<string, string> {
  const keys = new Set(provenance.map(({ key }) => key));
  return new Map([...keys].map((key, index) => [key, `made-${index + 1}`]));
}
