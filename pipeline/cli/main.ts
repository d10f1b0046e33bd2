import { Command, CommanderError } from 'commander';
import { redactStream } from '../ui/redact.js';
import type { AcceptOptions } from './commands/accept.js';
import type { AuditOptions } from './commands/audit.js';
import type { BenchOptions } from './commands/bench.js';
import type { ClassifyOptions } from './commands/classify.js';
import type { DataExportOptions } from './commands/data-export.js';
import type { DevicesOptions } from './commands/devices.js';
import type { AddDeviceOptions } from './commands/devices-add.js';
import type { ExplainOptions } from './commands/explain.js';
import type { GcOptions } from './commands/gc.js';
import type { InitOptions } from './commands/init.js';
import type { LogsOptions } from './commands/logs.js';
import type { PlanOptions } from './commands/plan.js';
import type { ReportOptions } from './commands/report.js';
import type { RunOptions } from './commands/run.js';
import type { StatusOptions } from './commands/status.js';
import type { VerifyOptions } from './commands/verify.js';
import { EXIT } from './exit-codes.js';
import { installationRoot, ownVersion } from './installation.js';
import { addMeterCommands } from './meter-commands.js';
import type { StoreOptions } from './open-store.js';
import { ownSecrets } from './own-secrets.js';
import type { ProjectOptions } from './project.js';

/** Builds the command table; `act` receives the exit code of the command that ran. */
export function buildProgram(act: (code: number) => void): Command {
  const program = new Command('pipeline')
    .description('From labelled tweets to measured models on edge devices.')
    .version(ownVersion(installationRoot()))
    .exitOverride()
    .configureHelp({ showGlobalOptions: true })
    .showSuggestionAfterError();

  const common = (command: Command): Command =>
    command
      .option('--file <path>', 'the pipeline.yaml to use (default: the nearest one, here or above)')
      .option(
        '--profile <names>',
        'profiles to lay over it, separated by commas (default: its default_profile)',
      )
      .option(
        '--set <path=value>',
        'one value in place of the file, for example data.package=../x',
        collect,
        [],
      )
      .option('--json', 'for machines: JSON on stdout and nothing else', false);

  // Commands about what was made: they read no pipeline.yaml, so a mistake in it does not stop them.
  const located = (command: Command): Command =>
    command
      .option('--file <path>', 'the pipeline.yaml of the project (default: the nearest one, here or above)')
      .option('--json', 'for machines: JSON on stdout and nothing else', false);

  const scope = (command: Command): Command =>
    command
      .option('--force <selector>', 'run these even when nothing changed', collect, [])
      .option('--from <selector>', 'run these and all that read them, even when nothing changed', collect, [])
      .option('--only <selector>', 'these and nothing else; what they read must be up to date', collect, [])
      .option('--failed', 'what failed in the newest run, or was not done because of that', false);

  scope(common(program.command('run')))
    .argument('[selectors...]', 'all, a stage, or stage@axis=value,...; what they read is included')
    .description('Run what is not up to date, and nothing else.')
    .option('--keep-going', 'after a failure go on with what does not depend on it', false)
    .option('--fail-fast', 'after a failure end what runs too', false)
    .option('--yes', 'agree to what costs money, without being asked', false)
    .option('--dry-run', 'the same as plan', false)
    .action(async (selectors: string[], options: RunOptions & PlanOptions & { dryRun: boolean }) => {
      if (options.dryRun) act(await (await import('./commands/plan.js')).plan(selectors, options));
      else act(await (await import('./commands/run.js')).run(selectors, options));
    });

  scope(common(program.command('plan')))
    .argument('[selectors...]', 'as for run; all when nothing else says what is meant')
    .description('Say what a run would do and why, without doing it.')
    .option('--check', `exit with ${EXIT.wouldRun} when anything would run`, false)
    .action(async (selectors: string[], options: PlanOptions) => {
      const { isNarrowed } = await import('./scope.js');
      const named = selectors.length === 0 && !isNarrowed(options) ? ['all'] : selectors;
      act(await (await import('./commands/plan.js')).plan(named, options));
    });

  common(program.command('explain'))
    .argument('<selectors...>', 'as for run; only these are explained')
    .description('Say why an instance would run, or where its result comes from.')
    .option('--each', 'everything about each instance, not grouped by stage', false)
    .option('--key', 'print the documents that their action keys are the digests of', false)
    .action(async (selectors: string[], options: ExplainOptions) => {
      act(await (await import('./commands/explain.js')).explain(selectors, options));
    });

  common(program.command('accept'))
    .argument('<selectors...>', 'as for run; only these are accepted')
    .description('Say that the last results stand though code or environment changed; the reason is kept.')
    .option('--reason <text>', 'why the results are what they would be')
    .option('--force', 'accept other options, inputs and boards too', false)
    .option('--undo', 'take back what was accepted', false)
    .action(async (selectors: string[], options: AcceptOptions) => {
      act(await (await import('./commands/accept.js')).accept(selectors, options));
    });

  common(program.command('verify'))
    .argument('<selectors...>', 'as for run; only these are verified')
    .description('Run instances again in a scratch folder and compare with their results, which stay.')
    .action(async (selectors: string[], options: VerifyOptions) => {
      act(await (await import('./commands/verify.js')).verify(selectors, options));
    });

  program
    .command('init')
    .argument('[folder]', 'where to write it', '.')
    .description(
      'Write a commented pipeline.yaml to start from, for a table of labelled texts in the folder.',
    )
    .option('--data <file>', 'CSV, TSV or JSON Lines (default: the only one in the folder)')
    .option('--text <column>', 'its column with the texts (default: one called text, tweet, content ...)')
    .option(
      '--label <column>',
      'its column with the labels (default: one called label, sentiment, class ...)',
    )
    .option('--json', 'for machines: JSON on stdout and nothing else', false)
    .action(async (folder: string, options: InitOptions) => {
      act(await (await import('./commands/init.js')).init(folder, options));
    });

  located(program.command('status'))
    .description('What the last run did, or does now, also in another terminal.')
    .option('-f, --follow', 'show it until it ends, as in its own terminal', false)
    .option('--run <id>', 'that run (default: the newest that goes on, else the newest)')
    .option('--runs', 'all runs that are kept, the newest last', false)
    .action(async (options: StatusOptions) => {
      act(await (await import('./commands/status.js')).status(options));
    });

  located(program.command('logs'))
    .argument('[selectors...]', 'instances; without any all that run now, else those that failed last')
    .description('What workers wrote, also while they run in another terminal.')
    .option('-f, --follow', 'go on until they or their run have ended', false)
    .option('--run <id>', 'of that run (default: the newest in which they ran)')
    .option('--lines <count>', 'only so many of the last lines of each')
    .action(async (selectors: string[], options: LogsOptions) => {
      act(await (await import('./commands/logs.js')).logs(selectors, options));
    });

  located(program.command('gc'))
    .description('Remove results, content and runs that nothing needs any more.')
    .option('--older-than <age>', 'what was not used for so long, for example 30d or 12h', '30d')
    .option('--max-size <size>', 'and more, the least recently used first, until no more than that is left')
    .option('--dry-run', 'say what would go, and remove nothing', false)
    .action(async (options: GcOptions) => {
      act(await (await import('./commands/gc.js')).gc(options));
    });

  const store = program.command('store').description('About the content that is kept.');
  located(store.command('verify'))
    .description('Read all content again and put aside what is damaged; the next run makes it again.')
    .action(async (options: StoreOptions) => {
      act(await (await import('./commands/store-verify.js')).storeVerify(options));
    });

  common(program.command('report'))
    .description(
      'Where the report is; with --json its content; with --recommend what to ship; with --compare what changed.',
    )
    .option(
      '--recommend',
      'which model, precision and device to ship, and what each other one would cost',
      false,
    )
    .option('--max-latency <time>', 'with --recommend: of the 90th percentile, for example 50ms')
    .option('--max-memory <size>', 'with --recommend: peak memory, for example 300MB')
    .option('--max-size <size>', 'with --recommend: of the file, for example 30MB')
    .option('--min-f1 <number>', 'with --recommend: mean macro-F1, 0 to 1')
    .option(
      '--compare <reports...>',
      `two of them: last, last~1, a run or a file; exit with ${EXIT.failed} when something got worse, or nothing can be judged`,
    )
    .option('--baseline-out <file>', 'write what --compare needs of the last report, to be committed')
    .action(async (options: ReportOptions) => {
      act(await (await import('./commands/report.js')).report(options));
    });

  const data = program.command('data').description('About the tweets that were cleaned and split.');
  common(data.command('export'))
    .description('Write the split as ids, labels and counts, without texts, so that it can be passed on.')
    .option('--ids-only', 'must be given: nothing else can be exported', false)
    .option('--to <file>', 'ends with .csv or .jsonl (default: STUDY-ids.csv); NAME.card.json goes beside it')
    .option('--split <selector>', 'which one, where there are several, for example split@fold=2')
    .action(async (options: DataExportOptions) => {
      act(await (await import('./commands/data-export.js')).dataExport(options));
    });
  common(program.command('audit'))
    .argument('[file]', "a study's tables as data, or a report.json (default: the report of the last run)")
    .description("What cannot be right in a study's tables or in a report: each finding with both values.")
    .option('--strict', `exit with ${EXIT.failed} when there is any finding`, false)
    .action(async (file: string | undefined, options: AuditOptions) => {
      act(await (await import('./commands/audit.js')).audit(file, options));
    });

  common(program.command('classify'))
    .argument('<texts...>', 'texts in quotes; - reads one a line from standard input')
    .requiredOption('--device <name>', 'an entry of devices: that a model was deployed to')
    .option('--entity <name>', 'whom the texts are about, for a model of `input: entity-tweet`')
    .option(
      '--deployment <selector>',
      'which one, where there are several, for example deploy@model=minilm-l3,precision=int8',
    )
    .description('Text in, label out: asks the deployed model on the device itself.')
    .action(async (texts: string[], options: ClassifyOptions) => {
      act(await (await import('./commands/classify.js')).classify(texts, options));
    });

  program
    .command('inspect')
    .argument('<file>', 'a .tflite file, of this project or of any other tool')
    .description('What a TFLite file is: operations, tensors, sizes, signatures, and what it says of itself.')
    .option('--json', 'for machines: JSON on stdout and nothing else', false)
    .action(async (file: string, options: { json: boolean }) => {
      act(await (await import('./commands/inspect.js')).inspect(file, options));
    });

  addMeterCommands(program, act);

  common(program.command('doctor'))
    .description('What each profile needs on this machine and what is missing.')
    .option('--python', "make Edgeline's Python environment if need be, and print its interpreter", false)
    .action(async (options: ProjectOptions & { json: boolean; python: boolean }) => {
      act(await (await import('./commands/doctor.js')).doctor(options));
    });

  const devices = program.command('devices').description('About the devices of pipeline.yaml.');
  common(devices.command('list'))
    .description('The devices of pipeline.yaml; connects to none.')
    .action(async (options: DevicesOptions) => {
      act((await import('./commands/devices.js')).listDevices(options));
    });
  common(devices.command('add'))
    .argument('<name>', 'what it shall be called, as a value of the axis `device`')
    .argument('<host>', '`user@host`, `host` or an alias of your ssh configuration')
    .description('Probe a device and add it to `devices:` of pipeline.yaml, which is else left as it is.')
    .option('--user <name>', 'whom to log in as')
    .option('--port <number>', 'port of its ssh server')
    .option('--threads <count>', 'threads of the interpreter (default: 1)')
    .option('--python <path>', 'a Python there that has LiteRT and psutil')
    .option('--root <folder>', 'folder there that Edgeline owns (default: edgeline, in the login folder)')
    .option('--identity-file <path>', 'private key (default: the keys of the ssh agent)')
    .option('--known-hosts-file <path>', 'known host keys (default: those of your account)')
    .action(async (name: string, host: string, options: AddDeviceOptions) => {
      act(await (await import('./commands/devices-add.js')).addDeviceToFile(name, host, options));
    });
  common(devices.command('probe'))
    .argument('<name>', 'a device of pipeline.yaml')
    .description('What a device says of itself: system, processor, memory, clocks, throttling, Python.')
    .action(async (name: string, options: DevicesOptions) => {
      act(await (await import('./commands/devices.js')).probeDevice(name, options));
    });
  common(devices.command('doctor'))
    .argument('[name]', 'a device of pipeline.yaml (default: all, and this machine)')
    .description('What each device needs for a measurement, what is missing there and what to do.')
    .action(async (name: string | undefined, options: DevicesOptions) => {
      act(await (await import('./commands/devices.js')).checkDevices(name, options));
    });
  common(devices.command('setup'))
    .argument('<name>', 'a device of pipeline.yaml')
    .description(
      'Install LiteRT and what else the agent needs there, from here: the device needs no internet.',
    )
    .action(async (name: string, options: DevicesOptions) => {
      act(await (await import('./commands/devices-setup.js')).setUpDevice(name, options));
    });
  common(devices.command('clean'))
    .argument('<name>', 'a device of pipeline.yaml')
    .description('Remove what Edgeline made in its folder on a device, and nothing else.')
    .option('--dry-run', 'say what would go, and remove nothing', false)
    .action(async (name: string, options: DevicesOptions & { dryRun: boolean }) => {
      act(await (await import('./commands/devices-setup.js')).cleanDevice(name, options));
    });

  program
    .command('bench')
    .argument(
      '<area>',
      'engine: this program beside DVC and Snakemake; train: fine-tune beside the Trainer of transformers; convert: TFLite files beside those of other routes; device: what measuring costs; data: from files to cleaned tweets and baselines; report: the report of a large study, made and opened',
    )
    .description('Measure and compare; takes minutes.')
    .option('--repeats <count>', 'how often each is measured', '3')
    .option('--gpu', 'train: BERT-Large on a graphics processor, without peers', false)
    .option('--only <case>', 'train, convert: one model alone, for example minilm_l6; data: one case')
    .option(
      '--set <path=value>',
      'data: where your copies are, data.package=FOLDER and data.texts=FOLDER',
      collect,
      [],
    )
    .option('--no-peers', 'only our own figures: installs and runs no other program')
    .option('--json', 'for machines: JSON on stdout and nothing else', false)
    .action(async (area: string, options: BenchOptions) => {
      act(await (await import('./commands/bench.js')).bench(area, options));
    });
  return program;
}

/** Runs one command line; the result is the exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  const secrets = ownSecrets();
  for (const stream of [process.stdout, process.stderr]) redactStream(stream, secrets);
  let code: number = EXIT.ok;
  const program = buildProgram((result) => {
    code = result;
  });
  try {
    await program.parseAsync(argv, { from: 'user' });
  } catch (error) {
    // Commander has printed its message already; help and version are not errors.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    throw error;
  }
  return code;
}

function collect(value: string, values: readonly string[]): readonly string[] {
  return [...values, value];
}
