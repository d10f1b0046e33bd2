import { existsSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { err, ok, type Result } from '../base/result.js';
import type { Meter, MeterConfig, MeterFailure, RecordingSummary } from '../contract/meter.js';
import { importCsv } from './import-csv.js';
import { isAcs712 } from './sensor.js';
import { SerialMeter } from './serial-meter.js';
import { writeRecording } from './write-recording.js';

export interface MeterSurroundings {
  /** Absolute path of the folder of pipeline.yaml. */
  readonly root: string;
  /** Model of the board that is measured, as its probe says. */
  readonly board: string | null;
}

/** The meter of a device as pipeline.yaml declares it; `none` where it declares nothing. */
export function openMeter(
  config: MeterConfig | undefined,
  { root, board }: MeterSurroundings,
): Result<Meter, MeterFailure> {
  if (config === undefined || config.kind === 'none') return ok(new NoMeter());
  const powerClass = config.class ?? 'measured_inline';
  if (isAcs712(config.kind)) {
    if (config.port === undefined) return err(incomplete(config.kind, 'port', 'port: /dev/ttyACM0'));
    return ok(new SerialMeter({ kind: config.kind, port: config.port, powerClass }));
  }
  if (config.file === undefined) return err(incomplete(config.kind, 'file', 'file: joulescope.csv'));
  const path = isAbsolute(config.file) ? config.file : join(root, config.file);
  return ok(new CsvMeter(path, config, board));
}

/** No figure of power, and none that looks like one. */
class NoMeter implements Meter {
  readonly kind = 'none';
  readonly powerClass = 'none';
  readonly failure = null;

  async start(): Promise<Result<void, MeterFailure>> {
    return ok(undefined);
  }

  async stop(): Promise<Result<RecordingSummary, MeterFailure>> {
    return ok({ samples: 0, edges: 0, damaged: 0, dropped: 0, duration_s: 0, emulated: false });
  }
}

/** A bench meter records by itself; its table is read when the measurement is over. */
class CsvMeter implements Meter {
  readonly kind = 'csv';
  readonly powerClass;
  readonly failure = null;
  readonly #path: string;
  readonly #config: MeterConfig;
  readonly #board: string | null;
  #file: string | null = null;

  constructor(path: string, config: MeterConfig, board: string | null) {
    this.powerClass = config.class ?? ('measured_inline' as const);
    this.#path = path;
    this.#config = config;
    this.#board = board;
  }

  async start(file: string): Promise<Result<void, MeterFailure>> {
    this.#file = file;
    return ok(undefined);
  }

  async stop(): Promise<Result<RecordingSummary, MeterFailure>> {
    if (this.#file === null) throw new Error('Internal error: the meter was not started');
    if (!existsSync(this.#path)) {
      return err({
        reason: 'file',
        message: `the bench meter's table ${this.#path} is not there`,
        hint: 'let it write there before the measurement ends, or import it later with `pipeline meter import`',
      });
    }
    const { columns, voltage } = this.#config;
    const imported = importCsv(this.#path, {
      ...(columns === undefined ? {} : { columns }),
      ...(voltage === undefined ? {} : { voltage }),
      board: this.#board,
      powerClass: this.powerClass,
      now_s: Date.now() / 1000,
    });
    if (!imported.ok) return imported;
    writeRecording(this.#file, imported.value);
    if (imported.value.summary === null) throw new Error('Internal error: an imported table has no summary');
    return ok(imported.value.summary);
  }
}

function incomplete(kind: string, key: string, example: string): MeterFailure {
  return { reason: 'file', message: `a meter of kind ${kind} needs a ${key}`, hint: `add ${example}` };
}
