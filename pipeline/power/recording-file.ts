import { readFileSync } from 'node:fs';
import { err, ok, type Result } from '../base/result.js';
import type {
  BlockRecord,
  EdgeRecord,
  MeterFailure,
  MeterRecord,
  RecordingHeader,
  RecordingSummary,
  SampleRecord,
} from '../contract/meter.js';

/** A recording as it was read: raw records, in the order of the file. */
export interface Recording {
  readonly header: RecordingHeader;
  readonly blocks: readonly BlockRecord[];
  readonly edges: readonly EdgeRecord[];
  readonly samples: readonly SampleRecord[];
  /** Null when it was cut off. */
  readonly summary: RecordingSummary | null;
}

/** Reads a recording of ours. A torn last line, which a crash leaves, is left out. */
export function readRecording(path: string): Result<Recording, MeterFailure> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    return noRecording(path, error instanceof Error ? error.message : String(error));
  }
  const lines = text.split('\n');
  lines.pop();
  const records: MeterRecord[] = [];
  for (const [index, line] of lines.entries()) {
    try {
      records.push(JSON.parse(line) as MeterRecord);
    } catch {
      return noRecording(path, `line ${index + 1} is no JSON`);
    }
  }
  const header = records[0];
  if (header?.record !== 'header' || header.schema !== 1)
    return noRecording(path, 'it has no header of ours');
  const last = records.at(-1);
  return ok({
    header,
    blocks: records.filter((record) => record.record === 'block'),
    edges: records.filter((record) => record.record === 'edge'),
    samples: records.filter((record) => record.record === 'sample'),
    summary: last?.record === 'end' ? last.summary : null,
  });
}

function noRecording(path: string, why: string): Result<never, MeterFailure> {
  return err({
    reason: 'file',
    message: `${path} is not a recording of a power meter: ${why}`,
    hint: 'make one with `pipeline meter record` or `pipeline meter import`',
  });
}
