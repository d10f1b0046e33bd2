import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { INSTALLATION } from './pipeline-rig.js';

/** The resistances and voltages of test/lab/meter/uno.c. */
const SUPPLY_V = 5.1;
const SUPPLY_OHM = 0.1;

export interface Segment {
  readonly seconds: number;
  readonly amperes: number;
  /** Of the board's pin on D2. */
  readonly level: 0 | 1;
}

/** What was really done, by the simulator's own account. */
export interface UnoTruth {
  /** Seconds of simulated time. */
  readonly edges: readonly { readonly t: number; readonly level: 0 | 1 }[];
  readonly seconds: number;
  readonly lines: number;
  readonly damaged_lines: number;
  readonly damaged_blocks: number;
  readonly dropped_lines: number;
  readonly dropped_blocks: number;
}

/** An Arduino Uno in simavr that runs the firmware: not real, and nothing that reads its port may say that it is. */
export interface Uno {
  readonly port: string;
  /** Lets simulated time begin. */
  go(): void;
  /** When all segments are over. */
  readonly truth: Promise<UnoTruth>;
  stop(): void;
}

/** Why no Uno can be had here, or null. */
export function unoAvailable(): string | null {
  for (const program of ['avr-g++', 'gcc']) {
    if (spawnSync(program, ['--version']).status !== 0)
      return `there is no ${program} (Debian: gcc-avr, gcc)`;
  }
  for (const [file, name] of [
    ['/usr/share/arduino/hardware/arduino/avr/cores/arduino/Arduino.h', 'arduino-core-avr'],
    ['/usr/lib/avr/include/avr/io.h', 'avr-libc'],
    ['/usr/include/simavr/sim_avr.h', 'libsimavr-dev'],
    ['/usr/include/gelf.h', 'libelf-dev'],
  ] as const) {
    if (!existsSync(file)) return `there is no ${name}`;
  }
  return null;
}

/** Compiles the firmware with avr-gcc and the simulator with gcc into a folder. */
export function buildUno(folder: string): void {
  const sketch = join(INSTALLATION, 'stages/evaluate/firmware/edgeline_meter/edgeline_meter.ino');
  execFileSync('sh', [join(INSTALLATION, 'test/lab/meter/build.sh'), sketch, folder], { stdio: 'pipe' });
}

export async function startUno(
  folder: string,
  segments: readonly Segment[],
  options: { readonly seed: number; readonly garbageEvery?: number; readonly dropEvery?: number },
): Promise<Uno> {
  const words = segments.map(({ seconds, amperes, level }) => `${seconds}:${amperes}:${level}`);
  const { seed, garbageEvery = 0, dropEvery = 0 } = options;
  const args = [join(folder, 'firmware.elf'), seed, garbageEvery, dropEvery, ...words].map(String);
  const child: ChildProcess = spawn(join(folder, 'uno'), args, { stdio: ['pipe', 'pipe', 'inherit'] });
  if (child.stdout === null) throw new Error('no stdout');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<unknown> => JSON.parse(String((await lines.next()).value));
  const { port } = (await next()) as { readonly port: string };
  const truth = next() as Promise<UnoTruth>;
  // Whoever waits for it is told; where nobody does, the test has failed before.
  truth.catch(() => undefined);
  return { port, truth, go: () => child.stdin?.write('go\n'), stop: () => child.kill('SIGKILL') };
}

/** True power of a segment, watts: what the supply's own resistance leaves. */
export function truePower(amperes: number): number {
  return amperes * trueVoltage(amperes);
}

export function trueVoltage(amperes: number): number {
  return SUPPLY_V - SUPPLY_OHM * amperes;
}
