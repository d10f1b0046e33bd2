import type { Json } from '../base/canonical.js';
import { JsonLinesWriter, readJsonLines } from '../base/json-lines.js';
import { err, ok, type Result } from '../base/result.js';
import type {
  BlockRecord,
  EdgeRecord,
  MeterFailure,
  MeterRecord,
  RecordingHeader,
  TimeSpan,
} from '../contract/meter.js';
import { Continuity } from './continuity.js';
import type { Recording } from './recording-file.js';

/**
 * Copies of a recording what arrived within a stretch of the host's clock. It is read line by line: a meter that recorded
 * through hours of answers has a file that no memory should hold.
 */
export async function keepPart(
  source: string,
  target: string,
  { from_s, to_s }: TimeSpan,
): Promise<Result<Recording, MeterFailure>> {
  let header: RecordingHeader | null = null;
  let [damaged, dropped, first_s, last_s] = [0, 0, 0, 0];
  let continuity = new Continuity(0);
  const blocks: BlockRecord[] = [];
  const edges: EdgeRecord[] = [];
  const writer = new JsonLinesWriter(target);
  const write = (record: MeterRecord): void => writer.write({ ...record } as unknown as Json);
  for await (const record of readJsonLines<MeterRecord>(source)) {
    if (record.record === 'header') {
      header = record;
      continuity = new Continuity((record.block_s ?? 0) * 1e6);
      write(record);
    }
    if (!('host_s' in record) || record.host_s < from_s || record.host_s > to_s) continue;
    write(record);
    if (record.record === 'damaged') damaged += 1;
    if (record.record === 'edge') edges.push(record);
    if (record.record !== 'block') continue;
    const { t_s, missing } = continuity.place(record.seq, record.t_us, record.host_s);
    if (blocks.length === 0) first_s = t_s;
    last_s = t_s;
    dropped += missing;
    blocks.push(record);
  }
  if (header === null) {
    writer.close();
    return err({ reason: 'file', message: `${source} has no header of a recording` });
  }
  const summary = {
    samples: blocks.length,
    edges: edges.length,
    damaged,
    dropped,
    duration_s: last_s - first_s,
    emulated: header.emulated,
  };
  write({ record: 'end', summary });
  writer.close();
  return ok({ header, blocks, edges, samples: [], summary });
}
