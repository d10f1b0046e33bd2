import { writeFileAtomically } from '../base/atomic-write.js';
import type { MeterRecord } from '../contract/meter.js';
import type { Recording } from './recording-file.js';

/** Writes a whole recording, in the form in which a meter on a port writes it. */
export function writeRecording(path: string, recording: Recording): void {
  const { header, blocks, edges, samples, summary } = recording;
  const records: MeterRecord[] = [header, ...blocks, ...edges, ...samples];
  if (summary !== null) records.push({ record: 'end', summary });
  writeFileAtomically(path, records.map((record) => `${JSON.stringify(record)}\n`).join(''));
}
