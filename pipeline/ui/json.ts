import { canonicalJson, type Json } from '../base/canonical.js';
import type { EventSink } from '../contract/event.js';
import { flushed, type ViewOutput } from './output.js';

/** One event a line on stdout and nothing else: the same documents as in the journal. */
export function jsonSink({ stdout }: ViewOutput): EventSink {
  return {
    handle: (event) => {
      stdout.write(`${canonicalJson(event as unknown as Json)}\n`);
    },
    close: () => flushed(stdout),
  };
}
