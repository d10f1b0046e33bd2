import { unreachable } from '../base/unreachable.js';
import type { EventSink } from '../contract/event.js';
import type { Environment, Terminal } from './colour.js';
import { jsonSink } from './json.js';
import type { ViewOutput } from './output.js';
import { plainSink } from './plain.js';
import { redactingSink } from './redact.js';
import { summarySink } from './summary.js';
import { watchedSink } from './watched.js';

export type SinkKind = 'auto' | 'listr' | 'plain' | 'json';

/**
 * A view of a run; those for people end with a summary when they are closed.
 *
 * @param kind `auto` is listr in a terminal that a person watches, else plain
 * @param output where it writes; `secrets` are values that must not appear there in any view
 */
export function createSink(
  kind: SinkKind,
  output: ViewOutput & { readonly secrets?: readonly string[] },
): EventSink {
  return redactingSink(rawSink(kind, output), output.secrets ?? []);
}

function rawSink(kind: SinkKind, output: ViewOutput): EventSink {
  switch (kind) {
    case 'auto':
      return rawSink(isWatched(output.stdout, output.env) ? 'listr' : 'plain', output);
    case 'listr':
      return summarySink(watchedSink(output), output);
    case 'plain':
      return summarySink(plainSink(output), output);
    case 'json':
      return jsonSink(output);
    default:
      return unreachable(kind);
  }
}

/** Whether a person sits before it, at a terminal that can move its cursor. */
export function isWatched(stdout: Terminal, env: Environment): boolean {
  const ci = env.CI !== undefined && !['', '0', 'false'].includes(env.CI);
  return stdout.isTTY === true && !ci && env.TERM !== 'dumb';
}
