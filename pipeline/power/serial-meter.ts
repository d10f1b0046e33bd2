import { realpathSync } from 'node:fs';
import type { SerialPort } from 'serialport';
import { hostClock } from '../base/host-clock.js';
import { err, ok, type Result } from '../base/result.js';
import type {
  Acs712Kind,
  Meter,
  MeterFailure,
  PowerClass,
  RecordingHeader,
  RecordingSummary,
} from '../contract/meter.js';
import { Recorder } from './recorder.js';

/** Of the firmware in stages/evaluate/firmware. */
const PROTOCOL = 1;
const BLOCK_S = 0.01;
const BAUD_RATE = 115_200;
const SILENT_MILLISECONDS = 8000;
/** A hundred blocks a second: so long without one, the meter or its cable is gone, whatever the port says. */
const LOST_TICKS = 20;
const TICK_MILLISECONDS = 250;

export interface SerialMeterOptions {
  readonly kind: Acs712Kind;
  readonly port: string;
  readonly powerClass: PowerClass;
  /** How long to wait for the first block: the Uno restarts when its port is opened, which takes two seconds. */
  readonly silentMilliseconds?: number;
}

/** An ACS712 behind an Arduino Uno that runs our firmware. */
export class SerialMeter implements Meter {
  readonly kind: Acs712Kind;
  readonly powerClass: PowerClass;
  readonly #options: SerialMeterOptions;
  #port: SerialPort | null = null;
  #recorder: Recorder | null = null;
  #failure: MeterFailure | null = null;
  #isStopping = false;
  #watch: NodeJS.Timeout | undefined;
  #wake: () => void = () => undefined;

  constructor(options: SerialMeterOptions) {
    this.#options = options;
    this.kind = options.kind;
    this.powerClass = options.powerClass;
  }

  /** From the first block to the newest, of the meter's own clock. */
  get recordedSeconds(): number {
    return this.#recorder?.seconds ?? 0;
  }

  /** Why nothing more will come; null while all is well. */
  get failure(): MeterFailure | null {
    return this.#failure;
  }

  async start(file: string): Promise<Result<void, MeterFailure>> {
    if (this.#port !== null) throw new Error('Internal error: the meter records already');
    const opened = await openPort(this.#options.port);
    if (!opened.ok) return opened;
    const port = opened.value;
    const recorder = new Recorder(file, this.#header());
    this.#port = port;
    this.#recorder = recorder;
    port.on('data', (piece: Buffer) => {
      for (const { protocol } of recorder.take(piece, hostClock())) {
        if (protocol !== PROTOCOL) this.#fail(otherFirmware(this.#options.port, protocol));
      }
      this.#wake();
    });
    port.on('close', () => this.#fail(lost(this.#options.port)));
    port.on('error', (error: Error) => this.#fail(lost(this.#options.port, error.message)));
    const deadline = Date.now() + (this.#options.silentMilliseconds ?? SILENT_MILLISECONDS);
    while (recorder.samples === 0 && this.#failure === null && Date.now() < deadline) {
      await this.#next(deadline - Date.now());
    }
    if (recorder.samples === 0) this.#failure ??= silent(this.#options.port, recorder.end().damaged);
    const failure = this.#failure;
    if (failure === null) {
      this.#watchSamples(recorder);
      return ok(undefined);
    }
    await this.#close();
    return err(failure);
  }

  async stop(): Promise<Result<RecordingSummary, MeterFailure>> {
    const recorder = this.#recorder;
    if (recorder === null) throw new Error('Internal error: the meter was not started');
    await this.#close();
    const summary = recorder.end();
    return this.#failure === null ? ok(summary) : err(this.#failure);
  }

  #header(): RecordingHeader {
    return {
      record: 'header',
      schema: 1,
      kind: this.kind,
      power_class: this.powerClass,
      emulated: isPseudoTerminal(this.#options.port),
      clock: 'meter',
      sampler: `edgeline-meter ${PROTOCOL} on ${this.#options.port}: 10-bit codes, summed over ${BLOCK_S * 1000} ms`,
      block_s: BLOCK_S,
      started_at_s: hostClock(),
    };
  }

  /** A port whose cable was pulled does not always say so. */
  #watchSamples(recorder: Recorder): void {
    let samples = recorder.samples;
    let ticks = 0;
    // Ticks and not time: after a stall of this process, time is over before what waits has been read.
    this.#watch = setInterval(() => {
      ticks = recorder.samples === samples ? ticks + 1 : 0;
      samples = recorder.samples;
      if (ticks < LOST_TICKS) return;
      this.#fail(lost(this.#options.port, `no block came for ${(LOST_TICKS * TICK_MILLISECONDS) / 1000} s`));
    }, TICK_MILLISECONDS);
  }

  #fail(failure: MeterFailure): void {
    if (this.#isStopping) return;
    this.#failure ??= failure;
    this.#wake();
  }

  #next(milliseconds: number): Promise<void> {
    return new Promise((done) => {
      const timer = setTimeout(done, milliseconds);
      this.#wake = () => {
        clearTimeout(timer);
        done();
      };
    });
  }

  async #close(): Promise<void> {
    this.#isStopping = true;
    clearInterval(this.#watch);
    const port = this.#port;
    this.#port = null;
    if (port?.isOpen) await new Promise<void>((done) => port.close(() => done()));
    this.#recorder?.end();
  }
}

async function openPort(path: string): Promise<Result<SerialPort, MeterFailure>> {
  let library: typeof import('./serial-library.js');
  try {
    library = await import('./serial-library.js');
  } catch (error) {
    return err({
      reason: 'library',
      message: `the package serialport cannot be loaded here: ${firstLine(error)}`,
      hint: 'run `npm install serialport` in the folder of Edgeline, or record elsewhere and use `kind: csv`',
    });
  }
  const port = new library.SerialPort({ path, baudRate: BAUD_RATE, autoOpen: false });
  const problem = await new Promise<Error | null>((done) => port.open((error) => done(error ?? null)));
  if (problem === null) {
    // What waits in the port is from before: at a calibration, from another current.
    await new Promise<void>((done) => port.flush(() => done()));
    return ok(port);
  }
  return err({
    reason: 'port',
    message: `the meter's port ${path} cannot be opened: ${firstLine(problem)}`,
    hint: await portHint(library, path, problem.message),
  });
}

async function portHint(
  library: typeof import('./serial-library.js'),
  path: string,
  message: string,
): Promise<string> {
  if (/permission denied|access denied/i.test(message)) {
    return `let your user read it: sudo usermod -a -G dialout $USER, then log in again`;
  }
  if (/lock|busy|temporarily unavailable/i.test(message)) {
    return `another program has ${path} open, for example the Arduino IDE's serial monitor: close it`;
  }
  const ports = await library.SerialPort.list().catch(() => []);
  const names = ports.map((found) => found.path).filter((name) => !/ttyS\d+$/.test(name));
  return names.length === 0
    ? 'no Arduino is connected: check its USB cable, and that it is one that carries data'
    : `ports that are there: ${names.join(', ')}`;
}

/** A simulator's: no Arduino is ever behind a pseudo-terminal. */
function isPseudoTerminal(path: string): boolean {
  try {
    return /^\/dev\/(pts\/|ttys\d)/.test(realpathSync(path));
  } catch {
    return false;
  }
}

function silent(port: string, damaged: number): MeterFailure {
  return {
    reason: 'silent',
    message:
      damaged === 0
        ? `the meter at ${port} sends nothing`
        : `what comes from ${port} is not Edgeline's meter: ${damaged} lines, none of ours`,
    hint: 'put the sketch in stages/evaluate/firmware on the Arduino; its README says how',
  };
}

function otherFirmware(port: string, protocol: number): MeterFailure {
  return {
    reason: 'silent',
    message: `the meter at ${port} has firmware of protocol ${protocol}; this Edgeline reads ${PROTOCOL}`,
    hint: 'put the sketch in stages/evaluate/firmware on the Arduino again',
  };
}

function lost(port: string, why = 'it was closed'): MeterFailure {
  return {
    reason: 'lost',
    message: `the meter at ${port} went away while it recorded: ${why}`,
    hint: 'check the USB cable; what was recorded until then is kept',
  };
}

function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return (text.split('\n')[0] ?? '').replace(/^Error: /, '');
}
