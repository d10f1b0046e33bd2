import { nearest } from '../base/suggest.js';
import type { MeterKind } from '../contract/meter.js';
import { METER_KEYS, METER_NEEDS } from './meter-schema.js';
import { membersOf, type Node } from './node.js';
import type { Report } from './source.js';

/** Reports keys of a meter that mean nothing to its kind, and what the kind cannot do without. */
export function checkMeters(root: Node, report: Report): void {
  for (const [name, { value: device }] of membersOf(root, 'devices')) {
    const meter = device.kind === 'map' ? device.entries.get('meter') : undefined;
    if (meter?.value.kind !== 'map') continue;
    const { entries } = meter.value;
    const kind = kindOf(entries.get('kind')?.value);
    if (kind === null) continue;
    const path = `devices.${name}.meter`;
    const allowed = METER_KEYS[kind];
    const everywhere = [...new Set(Object.values(METER_KEYS).flat())];
    for (const [word, entry] of entries) {
      if (allowed.includes(word) || !everywhere.includes(word)) continue;
      const keys = allowed.length === 0 ? 'has no other keys' : `has: ${allowed.join(', ')}`;
      const message = `\`${word}\` means nothing to \`${path}\`, which is of kind \`${kind}\``;
      report('unknown-key', message, entry.key, `\`kind: ${kind}\` ${keys}`);
    }
    if (kind === 'none') continue;
    const { key, example } = METER_NEEDS[kind];
    const isMisspelt = [...entries.keys()].some(
      (word) => !everywhere.includes(word) && nearest(word, everywhere) === key,
    );
    if (!entries.has(key) && !isMisspelt) {
      report(
        'missing-key',
        `\`${path}\` is of kind \`${kind}\`, but has no \`${key}\``,
        meter.key,
        `add \`${example}\``,
      );
    }
  }
}

function kindOf(node: Node | undefined): MeterKind | null {
  if (node?.kind !== 'scalar') return null;
  const kind = String(node.value);
  return Object.hasOwn(METER_KEYS, kind) ? (kind as MeterKind) : null;
}
