import type { Command } from 'commander';
import type { MeterCalibrateOptions } from './commands/meter-calibrate.js';
import type { MeterEnergyOptions } from './commands/meter-energy.js';
import type { MeterImportOptions } from './commands/meter-import.js';
import type { MeterRecordOptions } from './commands/meter-record.js';

const JSON_OPTION = ['--json', 'for machines: JSON on stdout and nothing else', false] as const;
const KIND = ['--kind <kind>', 'acs712-05b, acs712-20a or acs712-30a', 'acs712-05b'] as const;

/** `pipeline meter ...`: these read no pipeline.yaml, so a meter can be tried before there is a study. */
export function addMeterCommands(program: Command, act: (code: number) => void): void {
  const meter = program.command('meter').description('About power meters and what they recorded.');
  meter
    .command('record')
    .description('Record what the meter sends, raw, until Ctrl-C or for so many seconds.')
    .requiredOption('--port <path>', 'serial port of the Arduino, for example /dev/ttyACM0')
    .option(...KIND)
    .option('--seconds <count>', "seconds of the meter's clock")
    .requiredOption('--out <file>', 'the recording: JSON lines')
    .option(...JSON_OPTION)
    .action(async (options: MeterRecordOptions) => {
      act(await (await import('./commands/meter-record.js')).meterRecord(options));
    });
  meter
    .command('calibrate')
    .description('Zero, gain and non-linearity from a recording without load and a sweep of known currents.')
    .option('--port <path>', 'ask for each current and record it there, step by step')
    .option(...KIND)
    .option('--seconds <count>', 'with --port: length of each recording', '10')
    .option('--zero <file>', 'recording without load')
    .option(
      '--point <reading=file>',
      'amperes of the multimeter (and volts: 0.5,5.08) and the recording; five or more',
      collect,
      [],
    )
    .requiredOption('--out <file>', 'the document to keep; `calibration:` in pipeline.yaml names it')
    .option(...JSON_OPTION)
    .action(async (options: MeterCalibrateOptions) => {
      act(await (await import('./commands/meter-calibrate.js')).meterCalibrate(options));
    });
  meter
    .command('import')
    .argument('<file>', 'CSV of a bench meter, or a log of a board')
    .description('Read what another program recorded, and refuse what no such board draws.')
    .option(
      '--as <kind>',
      'power, or log: processor, memory, temperature, clock, throttling over time',
      'power',
    )
    .option('--out <file>', 'the recording (default: FILE.jsonl)')
    .option(
      '--column <quantity=name>',
      'what a column holds, with its unit: "current=I [mA]"; quantities: time, current, voltage, power',
      collect,
      [],
    )
    .option('--voltage <volts>', 'supply voltage that was measured, where no column has it')
    .option('--board <model>', 'model of the board, for example "Raspberry Pi 3 Model B Plus"')
    .option('--class <class>', 'measured_inline, partial (some rails) or modelled', 'measured_inline')
    .option(...JSON_OPTION)
    .action(async (file: string, options: MeterImportOptions) => {
      act(await (await import('./commands/meter-import.js')).meterImport(file, options));
    });
  meter
    .command('energy')
    .argument('<recording>', 'of `meter record` or `meter import`')
    .description('Energy of a window, gross and net of idle, with its expanded uncertainty and budget.')
    .option(
      '--calibration <file>',
      'document of `meter calibrate`; without, the limits of the datasheet count',
    )
    .option(
      '--window <from:to>',
      'seconds (default: from the first rise of D2 to the fall after it, else all)',
    )
    .option('--idle <from:to>', 'a window in which the board was idle; may be given twice', collect, [])
    .option(
      '--clock <clock>',
      'what windows are told on: meter (seconds from the start), host (since 1970) or board (with --edges)',
      'meter',
    )
    .option('--edges <file>', 'JSON lines {"t_s", "level"}: when the board set its pin, on its own clock')
    .option('--accuracy <percent>', "standard uncertainty of a bench meter's power (default: 1, assumed)")
    .option('--seed <number>', 'of the Monte Carlo trials', '1')
    .option('--paper-v1', "the paper's own arithmetic beside it: as published, not recommended", false)
    .option(...JSON_OPTION)
    .action(async (file: string, options: MeterEnergyOptions) => {
      act(await (await import('./commands/meter-energy.js')).meterEnergy(file, options));
    });
}

function collect(value: string, values: readonly string[]): readonly string[] {
  return [...values, value];
}
