import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { MeterRecord, RecordingHeader, RecordingSummary } from '../contract/meter.js';
import { Continuity } from './continuity.js';
import { type HelloLine, LineSplitter, parseMeterLine } from './meter-lines.js';

/** Damaged lines are all counted; as many are kept to be looked at. */
const DAMAGED_KEPT = 100;
const DAMAGED_LENGTH = 120;

/** Writes what a meter sends into a recording, line by line, and counts what is missing. */
export class Recorder {
  readonly #file: number;
  readonly #splitter = new LineSplitter();
  readonly #continuity: Continuity;
  readonly #emulated: boolean;
  #samples = 0;
  #edges = 0;
  #damaged = 0;
  #dropped = 0;
  #first_s: number | null = null;
  #last_s = 0;
  #isOpen = true;
  /** The line at which we came in is whole only by chance. */
  #isFirstLine = true;

  constructor(path: string, header: RecordingHeader) {
    mkdirSync(dirname(path), { recursive: true });
    this.#file = openSync(path, 'w');
    this.#emulated = header.emulated;
    this.#continuity = new Continuity((header.block_s ?? 0) * 1e6);
    this.#write([header]);
  }

  get samples(): number {
    return this.#samples;
  }

  /** From the first block to the newest, of the meter's clock. */
  get seconds(): number {
    return this.#first_s === null ? 0 : this.#last_s - this.#first_s;
  }

  /** @returns hello lines, which are about the meter and not about power. */
  take(piece: Buffer, host_s: number): readonly HelloLine[] {
    if (!this.#isOpen) return [];
    const records: MeterRecord[] = [];
    const hellos: HelloLine[] = [];
    for (const line of this.#splitter.push(piece)) {
      const parsed = parseMeterLine(line);
      const isFirst = this.#isFirstLine;
      this.#isFirstLine = false;
      if (parsed === null) {
        if (isFirst) continue;
        this.#damaged += 1;
        if (this.#damaged <= DAMAGED_KEPT) {
          records.push({ record: 'damaged', host_s, text: line.slice(0, DAMAGED_LENGTH) });
        }
      } else if (parsed.record === 'hello') hellos.push(parsed);
      else {
        if (parsed.record === 'block') this.#countBlock(parsed.seq, parsed.t_us, host_s);
        else this.#edges += 1;
        records.push({ ...parsed, host_s });
      }
    }
    this.#write(records);
    return hellos;
  }

  /** Writes the last line. Calling it again gives the same. */
  end(): RecordingSummary {
    const summary: RecordingSummary = {
      samples: this.#samples,
      edges: this.#edges,
      damaged: this.#damaged,
      dropped: this.#dropped,
      duration_s: this.seconds,
      emulated: this.#emulated,
    };
    if (this.#isOpen) {
      this.#write([{ record: 'end', summary }]);
      this.#isOpen = false;
      closeSync(this.#file);
    }
    return summary;
  }

  #countBlock(seq: number, t_us: number, host_s: number): void {
    const { t_s, missing } = this.#continuity.place(seq, t_us, host_s);
    this.#samples += 1;
    this.#dropped += missing;
    this.#first_s ??= t_s;
    this.#last_s = t_s;
  }

  #write(records: readonly MeterRecord[]): void {
    if (records.length === 0) return;
    const bytes = Buffer.from(records.map((record) => `${JSON.stringify(record)}\n`).join(''));
    let written = 0;
    while (written < bytes.length) written += writeSync(this.#file, bytes, written);
  }
}
