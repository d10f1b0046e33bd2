import { chmodSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { definitions } from '../../../stages/registry.js';
import { writeFileAtomically } from '../../base/atomic-write.js';
import { addDevice, type DeviceEntry } from '../../config/add-device.js';
import { loadConfig } from '../../config/load.js';
import { EXIT } from '../exit-codes.js';
import { complain, complainOfProblems, openOrExplain } from '../prepare.js';
import { chosenProfiles, findProjectFile } from '../project.js';
import { complainOfDevice } from '../with-device.js';
import { ask, type DevicesOptions, probeDocument, probeLines } from './devices.js';

export interface AddDeviceOptions extends DevicesOptions {
  readonly user?: string;
  readonly port?: string;
  readonly threads?: string;
  readonly python?: string;
  readonly root?: string;
  readonly identityFile?: string;
  readonly knownHostsFile?: string;
}

const UNTOUCHED = 'pipeline.yaml is as it was';

/** `pipeline devices add NAME HOST`: writes only after the device has answered, and only into a file that is then valid. */
export async function addDeviceToFile(
  name: string,
  host: string,
  options: AddDeviceOptions,
): Promise<number> {
  const opened = openOrExplain(options);
  if (!opened.ok) return opened.error;
  if (options.user !== undefined && host.includes('@')) {
    return complain(`both ${host} and --user ${options.user} say whom to log in as`, 'give one of them');
  }
  const named = options.file === undefined ? findProjectFile(process.cwd()) : resolve(options.file);
  if (named === null) throw new Error('Internal error: an open project without a file');
  // A link stays one: what it leads to is written.
  const file = realpathSync(named);
  const before = readFileSync(file, 'utf8');
  const edited = addDevice(before, name, entryOf(host, options));
  if (!edited.ok) {
    return edited.error.kind === 'exists'
      ? complain(
          `there is a device '${name}' already, in ${edited.error.where}`,
          `choose another name, or change it in pipeline.yaml; ${UNTOUCHED}`,
        )
      : complain(
          '`devices:` of pipeline.yaml is written in a way that nothing can be added to',
          `write this below it: ${edited.error.entry}`,
        );
  }
  const { text, line } = edited.value;
  const loaded = loadConfig({
    file,
    text,
    profiles: chosenProfiles(options),
    sets: options.set ?? [],
    definitions,
  });
  if (!loaded.ok) return complainOfProblems(loaded.error, UNTOUCHED);
  const device = loaded.value.devices[name];
  if (device === undefined) throw new Error(`Internal error: ${name} was added and is not there`);
  const answer = await ask(device);
  if (!answer.ok) {
    const { message, hint = '' } = answer.error;
    return complainOfDevice({ ...answer.error, message, hint: `${hint} ${UNTOUCHED}.`.trim() });
  }
  if (readFileSync(file, 'utf8') !== before) {
    return complain(
      'pipeline.yaml was changed by somebody else meanwhile',
      'type the same again',
      EXIT.failed,
    );
  }
  const { mode } = statSync(file);
  writeFileAtomically(file, text);
  chmodSync(file, mode);

  const probe = probeDocument(answer.value);
  const shown = relative(process.cwd(), named);
  if (options.json) {
    process.stdout.write(`${JSON.stringify({ added: device, file: shown, line, probe }, null, 2)}\n`);
    return EXIT.ok;
  }
  const { litert, psutil } = answer.value.facts;
  const lines = [
    ...probeLines(probe),
    `added to ${shown}, line ${line}; to measure on it: axes: { device: [..., ${name}] }`,
    ...(litert === null || psutil === null
      ? [`it lacks ${litert === null ? 'LiteRT' : 'psutil'}: npx pipeline devices setup ${name}`]
      : []),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  return EXIT.ok;
}

/** As the file has it; what is no number where one belongs is told by the file's own check. */
function entryOf(host: string, options: AddDeviceOptions): DeviceEntry {
  const { user, port, threads, python, root, identityFile, knownHostsFile } = options;
  const given: Readonly<Record<string, string | number | undefined>> = {
    host: user === undefined ? host : `${user}@${host}`,
    port: numberIn(port),
    identity_file: identityFile,
    known_hosts_file: knownHostsFile,
    python,
    root,
    threads: numberIn(threads),
  };
  return Object.fromEntries(
    Object.entries(given).filter((one): one is [string, string | number] => one[1] !== undefined),
  );
}

function numberIn(text: string | undefined): string | number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : text;
}
