import { nearest, suggestion } from '../base/suggest.js';
import type { StageDraft } from './draft.js';
import { EXECUTOR_KEYS } from './execution-schema.js';
import { membersOf, type Node } from './node.js';
import type { Report } from './source.js';

/** Reports keys of an executor that mean nothing to its kind, and ssh without a host. */
export function checkExecutors(root: Node, report: Report): void {
  for (const [name, { key, value }] of membersOf(root, 'executors')) {
    if (value.kind !== 'map') continue;
    const given = value.entries.get('kind')?.value;
    const kind = given?.kind === 'scalar' ? given.value : undefined;
    if (kind !== 'local' && kind !== 'ssh' && kind !== 'slurm') continue;
    const allowed = EXECUTOR_KEYS[kind];
    const everywhere = Object.values(EXECUTOR_KEYS).flat();
    for (const [word, entry] of value.entries) {
      if (allowed.includes(word) || !everywhere.includes(word)) continue;
      const keys = allowed.length === 0 ? 'has no other keys' : `has: ${allowed.join(', ')}`;
      const message = `\`${word}\` means nothing to \`executors.${name}\`, which is of kind \`${kind}\``;
      report('unknown-key', message, entry.key, `\`kind: ${kind}\` ${keys}`);
    }
    const isMisspelt = [...value.entries.keys()].some(
      (word) => !everywhere.includes(word) && nearest(word, everywhere) === 'host',
    );
    if (kind === 'ssh' && !value.entries.has('host') && !isMisspelt) {
      const message = `\`executors.${name}\` is reached by ssh, but has no \`host\``;
      report('missing-host', message, key, 'add `host: user@name`');
    }
  }
}

/** Reports stages that run on an executor that is not declared. */
export function checkExecutorNames(
  drafts: ReadonlyMap<string, StageDraft>,
  root: Node,
  removed: ReadonlySet<string>,
  report: Report,
): void {
  const declared = membersOf(root, 'executors');
  for (const { executor } of drafts.values()) {
    if (executor === undefined || declared.has(executor.value)) continue;
    const name = executor.value;
    const hint = removed.has(`executors.${name}`)
      ? `its entry is empty, which removes it; write \`${name}: { kind: ... }\``
      : name === 'local'
        ? 'remove this line: without it, a stage runs on this machine'
        : suggestion(name, declared.keys(), 'executors');
    const message = `executor \`${name}\` is not declared under \`executors\``;
    report('undeclared-executor', message, executor.at, hint);
  }
}
