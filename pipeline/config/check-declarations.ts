import { nearest } from '../base/suggest.js';
import { membersOf, type Node } from './node.js';
import type { Report } from './source.js';

/** The keys of a model that mean the same for every family; all others override sizes of the preset. */
const COMMON = ['preset', 'family', 'weights'];
/** Keys of a device that only mean something to ssh. */
const SSH_ONLY = ['port', 'identity_file', 'known_hosts_file'];

/** Reports models that name no architecture and misspelt common keys, and devices with ssh settings but no host. */
export function checkDeclarations(root: Node, report: Report): void {
  for (const [name, { key, value }] of membersOf(root, 'models')) {
    if (value.kind !== 'map') continue;
    let isMisspelt = false;
    for (const [word, entry] of value.entries) {
      const near = COMMON.includes(word) ? undefined : nearest(word, COMMON);
      if (near === undefined) continue;
      isMisspelt = true;
      report(
        'unknown-key',
        `unknown key \`${word}\` in \`models.${name}\``,
        entry.key,
        `did you mean \`${near}\`?`,
      );
    }
    if (!isMisspelt && !value.entries.has('preset') && !value.entries.has('family')) {
      const hint = 'for example `preset: minilm-l6`, or `family: bert` for its standard sizes';
      report('missing-key', `\`models.${name}\` has neither \`preset\` nor \`family\``, key, hint);
    }
  }
  for (const [name, { value }] of membersOf(root, 'devices')) {
    if (value.kind !== 'map' || value.entries.has('host')) continue;
    for (const [word, entry] of value.entries) {
      if (!SSH_ONLY.includes(word)) continue;
      const message = `\`devices.${name}\` has \`${word}\` but no \`host\`, so it is this machine`;
      report('missing-host', message, entry.key, 'add `host: user@name`, or remove this key');
    }
  }
}
